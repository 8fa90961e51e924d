"""A network in training: its averaged weights, its optimizer and its schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchvision.transforms.v2 import CutMix

from dreamer.networks.pocket import PocketNetwork
from dreamer.networks.training.augmentation import normalized
from dreamer.networks.training.evaluation import autocast, worst_case
from dreamer.networks.training.graphed_function import GraphedFunction
from dreamer.networks.training.training_plan import TrainingPlan

WARM_UP = 0.15


class Learner:
    """A network that learns by `plan` in `steps` batches, on the device that it is on.

    Its state, all that a run goes on from, is that of the network, the average, the optimizer and the schedule.
    """

    def __init__(self, network: PocketNetwork, plan: TrainingPlan, steps: int) -> None:
        self.network, self.plan = network, plan
        self.device = next(network.parameters()).device
        self._average = AveragedModel(network, multi_avg_fn=_average_by(plan.average), use_buffers=True).eval()
        self._optimizer = torch.optim.AdamW(
            _parameter_groups(network, plan.weight_decay), lr=plan.learning_rate, fused=True
        )
        self._schedule = LambdaLR(self._optimizer, lambda step: one_cycle(step / steps))
        self._cutmix = CutMix(num_classes=network.fc.out_features)
        self._backward: Callable[..., Tensor] = self._add_gradient
        if self.device.type == "cuda":
            self._backward = GraphedFunction(self._add_gradient, self.device)

    @property
    def averaged(self) -> PocketNetwork:
        """The network with the exponential moving average of its weights and statistics, in eval mode."""
        return cast(PocketNetwork, self._average.module)

    def step(self, image: Tensor, labels: Tensor, generator: Generator) -> float:
        """Learn from one batch, (B, 3, H, W) in [0, 1] and (B,) int64; returns its loss."""
        loss = self.accumulate(image, labels, generator)
        self._optimizer.step()
        # Where graphs add to the gradients, they stay where they are.
        self._optimizer.zero_grad(set_to_none=self.device.type != "cuda")
        self._schedule.step()
        self._average.update_parameters(self.network)
        return loss

    def accumulate(self, image: Tensor, labels: Tensor, generator: Generator) -> float:
        """Add one batch's gradient to that of the parameters; returns its loss."""
        plan = self.plan
        image = image.to(self.device, memory_format=torch.channels_last)
        labels = labels.to(self.device)
        if plan.robust > 0:
            size = torch.rand(len(image), generator=generator) * plan.robust
            noise = self._normal(image.shape, generator)
            return float(self._backward(image, labels, size.to(self.device), noise))
        if float(torch.rand((), generator=generator)) < plan.cutmix_share:
            image, labels = self._mixed(image, labels, generator)
        return float(self._backward(image, labels))

    def _add_gradient(self, image: Tensor, labels: Tensor, *attack: Tensor) -> Tensor:
        """Add a batch's gradient to that of the parameters; `attack`: size and noise of `worst_case`.

        Returns the loss.
        """
        if attack:
            self.network.eval()
            image = worst_case(self.network, image, labels, *attack)
        self.network.train()
        with autocast(self.device):
            logits = self.network(normalized(image)).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=self.plan.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _normal(self, shape: torch.Size, generator: Generator) -> Tensor:
        """Normal random numbers on the device, by its own generator: a CPU takes longer to draw than a GPU to learn."""
        if self.device.type != "cuda":
            return torch.randn(shape, generator=generator).to(self.device)
        seed = int(torch.randint(1 << 62, (), generator=generator))
        own = Generator(self.device).manual_seed(seed)
        return torch.randn(shape, generator=own, device=self.device)

    def _mixed(self, image: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """CutMix (Yun et al. 2019): pictures with a box of their neighbor, and class shares (B, classes)."""
        seed = int(torch.randint(1 << 62, (), generator=generator))
        # torchvision draws from torch's global numbers.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            mixed: tuple[Tensor, Tensor] = self._cutmix(image, labels)
        return mixed

    def state(self) -> dict[str, Any]:
        """All that changes while it learns."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state()` returned."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "average": self._average,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
        }


def one_cycle(progress: float) -> float:
    """Learning rate factor at `progress` in [0, 1]: up linearly for 15% of the run, then down along a cosine.

    torch's OneCycleLR rises along the curve by which it falls.
    """
    if progress < WARM_UP:
        return 0.05 + 0.95 * progress / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) * 0.999 + 0.001


def _average_by(decay: float) -> Any:
    """An exponential moving average with a short memory at first, so that it forgets the random start."""

    def update(average: list[Tensor], current: list[Tensor], steps: Tensor | int) -> None:
        warm = (1 + int(steps)) / (10 + int(steps))
        get_ema_multi_avg_fn(min(decay, warm))(average, current, steps)  # type: ignore[no-untyped-call]

    return update


def _parameter_groups(network: nn.Module, decay: float) -> list[dict[str, object]]:
    """Biases and batch norms are not decayed."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
