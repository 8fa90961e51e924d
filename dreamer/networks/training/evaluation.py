"""How well a network classifies the held-out photographs, and the worst that a small change can do."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dreamer.errors import TrainingError
from dreamer.networks.training.augmentation import normalized
from dreamer.networks.training.photographs import Photographs

BATCH = 128
BATCH_ON_GPU = 1024


@dataclass(frozen=True)
class Accuracy:
    """Top-1 shares of the held-out photographs.

    `clean`: center crops of the training size. `whole`: the whole photographs at 5/4 of it, at which things are as
    large as the random crops of training show them (Touvron et al. 2019, "Fixing the train-test resolution
    discrepancy"). `perturbed`: center crops after one worst-case gradient step of L2 size 0.5 (in [0, 1] pixels).
    `per_class`: clean, for each class that has held-out photographs.
    """

    clean: float
    whole: float
    perturbed: float
    per_class: dict[str, float]

    def facts(self) -> dict[str, object]:
        """It as plain values with stable keys."""
        return asdict(self)


def evaluate(network: nn.Module, photographs: Photographs, side: int, device: torch.device) -> Accuracy:
    """The accuracy of a network that was trained at `side` px, on the photographs that are held out.

    Raises TrainingError where there are none.
    """
    if not photographs.held_out.any():
        raise TrainingError(
            f"none of the {len(photographs.labels)} photographs belongs to the tenth that is held out",
            remedy="Give more photographs; their digests choose which are held out.",
        )
    pixels, labels = photographs.pixels[photographs.held_out], photographs.labels[photographs.held_out]
    edge = (pixels.shape[-1] - side) // 2
    clean: list[Tensor] = []
    whole: list[Tensor] = []
    perturbed: list[Tensor] = []
    batch = BATCH if device.type == "cpu" else BATCH_ON_GPU
    for first in range(0, len(pixels), batch):
        stored = pixels[first : first + batch].to(device).float() / 255
        label = labels[first : first + batch].to(device)
        image = stored[..., edge : edge + side, edge : edge + side].contiguous(memory_format=torch.channels_last)
        larger = F.interpolate(stored, size=(side * 5 // 4,) * 2, mode="bicubic", antialias=True).clamp(0, 1)
        size = torch.full((len(image),), 0.5, device=device)
        changed = worst_case(network, image, label, size, torch.zeros_like(image))
        for hits, picture in ((clean, image), (whole, larger), (perturbed, changed)):
            hits.append(_hits(network, picture, label))
    right = torch.cat(clean)
    per_class = {
        name: float(right[labels == i].mean()) for i, name in enumerate(photographs.classes) if (labels == i).any()
    }
    return Accuracy(float(right.mean()), float(torch.cat(whole).mean()), float(torch.cat(perturbed).mean()), per_class)


def _hits(network: nn.Module, image: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad(), autocast(image.device):
        predicted: Tensor = network(normalized(image)).argmax(1)
    return (predicted == labels).float().cpu()


def worst_case(network: nn.Module, image: Tensor, labels: Tensor, size: Tensor, noise: Tensor) -> Tensor:
    """Perturb (B, 3, H, W) pictures in [0, 1] by one gradient step that raises the loss, of L2 `size` (B,) each.

    The gradient is taken at a start moved along `noise` by half the size (Wong et al. 2020, "Fast is better than free",
    in L2). The network is not changed and no gradient of a weight is computed.
    """
    size = size.view(-1, 1, 1, 1)
    start = _unit(noise) * size / 2
    moved = (image + start).requires_grad_(True)
    with autocast(image.device):
        loss = F.cross_entropy(network(normalized(moved)), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, moved)
    step = start + _unit(gradient) * size
    shrink = (size / _lengths(step)).clamp(max=1)
    return (image + step * shrink).clamp(0, 1).detach()


def _lengths(x: Tensor) -> Tensor:
    """L2 length of each of (B, 3, H, W), as (B, 1, 1, 1)."""
    lengths: Tensor = torch.linalg.vector_norm(x.flatten(1), dim=1)
    return lengths.view(-1, 1, 1, 1).clamp_min(1e-12)


def _unit(x: Tensor) -> Tensor:
    return x / _lengths(x)


def autocast(device: torch.device) -> torch.autocast:
    """The precision in which networks are trained: bfloat16 where that is safe."""
    return torch.autocast(device.type, torch.bfloat16)
