"""Train a pocket network on labelled photographs, resumably and reproducibly.

Every random number is a function of `(seed, epoch, batch)`, and the state is saved beside the output after each
epoch, so a run that is killed and started again ends with the same weights as one that was not.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Generator, Tensor, nn

from dreamer.errors import OutputError, TrainingError
from dreamer.networks.augmentation import cutmix, normalized, random_views
from dreamer.networks.photographs import Photographs
from dreamer.networks.pocket import IMAGENET_MEAN, IMAGENET_STD, PocketNetwork
from dreamer.networks.weights import UNREADABLE


@dataclass(frozen=True)
class TrainingPlan:
    """The settings of one training run; equal plans on equal photographs end with equal weights.

    `robust` is the largest L2 size, in [0, 1] pixels over the whole picture, of the worst-case perturbations that the
    network is trained on (0: none). `side` is the training picture's side in px; the first `small_share` of the
    epochs run at three quarters of it, which is faster and loses nothing.
    """

    epochs: int = 20
    batch: int = 96
    side: int = 128
    small_share: float = 0.5
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    cutmix_share: float = 0.25
    robust: float = 0.0
    width: float = 0.5
    average: float = 0.998
    seed: int = 0


@dataclass(frozen=True)
class TrainingStep:
    """One batch is done. `epoch` and `batch` count from 1; `seconds_left` is an estimate for the whole run."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    pictures_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class TrainingEpoch:
    """One epoch is done and saved. Accuracies are top-1 shares of the held-out photographs, by the averaged weights.

    `perturbed` is the accuracy under one worst-case gradient step of L2 size 0.5 (in [0, 1] pixels).
    """

    epoch: int
    epochs: int
    accuracy: float
    perturbed: float
    seconds: float


@dataclass(frozen=True)
class TrainingResult:
    """The finished weights file, its final accuracies, and the accuracy of each class that has held-out pictures."""

    path: Path
    accuracy: float
    perturbed: float
    per_class: dict[str, float]


TrainingEvent = TrainingStep | TrainingEpoch | TrainingResult


def train(
    photographs: Photographs,
    plan: TrainingPlan,
    path: Path,
    *,
    device: torch.device,
    start: tuple[dict[str, Tensor], tuple[str, ...]] | None = None,
) -> Iterator[TrainingEvent]:
    """Train by `plan` and write float16 safetensors to `path`, yielding events.

    `start`: weights and class names to fine-tune; layers whose shape fits are taken over, and so are the classifier's
    rows of classes that both know. An unfinished run beside `path` with the same plan and photographs is continued.
    """
    data = photographs.pixels[~photographs.held_out], photographs.labels[~photographs.held_out]
    if len(data[0]) < 2 or not photographs.held_out.any():
        raise TrainingError("too few photographs to train on and to check with", remedy="Give at least 20 a class.")
    _make_folder(path.parent)
    torch.manual_seed(plan.seed)
    network = PocketNetwork(len(photographs.classes), plan.width)
    if start is not None:
        _take_over(network, photographs.classes, *start)
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(_parameter_groups(network, plan.weight_decay), lr=plan.learning_rate, fused=True)
    state_path = _state_path(path)
    key = _run_key(plan, photographs, start)
    first = _restore(state_path, key, network, average, optimizer)
    batches = max(1, len(data[0]) // plan.batch)
    small_epochs = int(plan.epochs * plan.small_share)
    began, done_work = time.perf_counter(), 0.0
    work = [0.5625 if epoch < small_epochs else 1.0 for epoch in range(plan.epochs)]
    for epoch in range(first, plan.epochs):
        epoch_began = time.perf_counter()
        side = plan.side * 3 // 4 if epoch < small_epochs else plan.side
        order = _balanced_order(data[1], batches * plan.batch, _generator(plan.seed, epoch))
        for batch in range(batches):
            chosen = order[batch * plan.batch : (batch + 1) * plan.batch]
            generator = _generator(plan.seed, epoch, batch)
            torch.manual_seed(generator.initial_seed())
            image = random_views(data[0][chosen], side, generator)
            progress = (epoch * batches + batch) / (plan.epochs * batches)
            for group in optimizer.param_groups:
                group["lr"] = plan.learning_rate * _one_cycle(progress)
            loss = _step(network, image.to(device), data[1][chosen].to(device), plan, generator)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            _update_average(average, network, min(plan.average, _warm(epoch * batches + batch)))
            done_work += work[epoch] / batches
            spent = time.perf_counter() - began
            left = spent / done_work * (sum(work[first:]) - done_work)
            speed = (batch + 1) * plan.batch / (time.perf_counter() - epoch_began)
            yield TrainingStep(epoch + 1, plan.epochs, batch + 1, batches, loss, speed, left)
        _save_state(state_path, key, (epoch + 1, plan.epochs), network, average, optimizer)
        accuracy, perturbed, _ = evaluate(average, photographs, plan.side, device)
        seconds = time.perf_counter() - epoch_began
        yield TrainingEpoch(epoch + 1, plan.epochs, accuracy, perturbed, seconds)
    accuracy, perturbed, per_class = evaluate(average, photographs, plan.side, device)
    save_pocket(average, photographs.classes, path, {**asdict(plan), "accuracy": accuracy, "perturbed": perturbed})
    state_path.unlink(missing_ok=True)
    yield TrainingResult(path, accuracy, perturbed, per_class)


def epochs_within(
    seconds: float, photographs: Photographs, plan: TrainingPlan, device: torch.device, path: Path
) -> int:
    """How many epochs of `plan` fit into a time, by timing a few steps; or those of the unfinished run beside `path`.

    At least 1. What a step costs is measured on a network of its own, so that the run itself is not touched.
    """
    state_path = _state_path(path)
    if state_path.is_file():
        return int(_read_state(state_path).get("epochs", plan.epochs))
    count = int((~photographs.held_out).sum())
    network = PocketNetwork(len(photographs.classes), plan.width).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    pixels, labels = photographs.pixels[: plan.batch], photographs.labels[: plan.batch].to(device)
    cost: dict[int, float] = {}
    for side in (plan.side * 3 // 4, plan.side):
        for timed in (False, True, True, True):
            began = time.perf_counter()
            generator = _generator(plan.seed, side)
            _step(network, random_views(pixels, side, generator).to(device), labels, plan, generator)
            if timed:
                cost[side] = min(cost.get(side, math.inf), time.perf_counter() - began)
    small, large = cost[plan.side * 3 // 4], cost[plan.side]
    batches = max(1, count // plan.batch)
    # Each epoch ends with a look at the held-out photographs, about a fifth of a step's work for each batch of them.
    mean = plan.small_share * small + (1 - plan.small_share) * large
    return max(1, int(seconds / (batches * mean * 1.1)))


def save_pocket(network: PocketNetwork, classes: tuple[str, ...], path: Path, training: dict[str, object]) -> None:
    """Write `network` as float16 safetensors; architecture, classes and training settings go into its metadata."""
    facts = {
        "architecture": "pocket",
        "width": network.width,
        "classes": classes,
        "mean": IMAGENET_MEAN,
        "std": IMAGENET_STD,
        "training": training,
    }
    tensors = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    # One entry, because safetensors writes several in random order, and equal runs shall give equal files.
    _write(path, save(tensors, {"dreamer": json.dumps(facts)}))


def evaluate(
    network: nn.Module, photographs: Photographs, side: int, device: torch.device
) -> tuple[float, float, dict[str, float]]:
    """Top-1 accuracy on the held-out photographs: clean, perturbed (L2 0.5), and clean for each class."""
    pixels, labels = photographs.pixels[photographs.held_out], photographs.labels[photographs.held_out]
    edge = (pixels.shape[-1] - side) // 2
    right, right_perturbed = [], []
    for first in range(0, len(pixels), 128):
        part = pixels[first : first + 128, :, edge : edge + side, edge : edge + side]
        image, label = part.float().to(device) / 255, labels[first : first + 128].to(device)
        image = image.contiguous(memory_format=torch.channels_last)
        size = torch.full((len(image),), 0.5, device=device)
        perturbed = worst_case(network, image, label, size, torch.zeros_like(image))
        with torch.no_grad(), _autocast(device):
            right.append((network(normalized(image)).argmax(1) == label).cpu())
            right_perturbed.append((network(normalized(perturbed)).argmax(1) == label).cpu())
    hits = torch.cat(right).float()
    per_class = {
        name: float(hits[labels == i].mean()) for i, name in enumerate(photographs.classes) if (labels == i).any()
    }
    return float(hits.mean()), float(torch.cat(right_perturbed).float().mean()), per_class


def worst_case(network: nn.Module, image: Tensor, labels: Tensor, size: Tensor, noise: Tensor) -> Tensor:
    """Perturb (B, 3, H, W) pictures in [0, 1] by one gradient step that raises the loss, of L2 `size` (B,) each.

    The gradient is taken at a start moved along `noise` by half the size (Wong et al. 2020, "Fast is better than free",
    in L2). The network is not changed and no gradient of a weight is computed.
    """
    size = size.view(-1, 1, 1, 1)
    start = _unit(noise) * size / 2
    moved = (image + start).requires_grad_(True)
    with _autocast(image.device):
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


def _step(network: nn.Module, image: Tensor, labels: Tensor, plan: TrainingPlan, generator: Generator) -> float:
    """Accumulate the gradient of one batch in the network's parameters; returns its loss."""
    image = image.contiguous(memory_format=torch.channels_last)
    other, share = labels, 1.0
    if plan.robust > 0:
        size = torch.rand(len(image), generator=generator) * plan.robust
        noise = torch.randn(image.shape, generator=generator)
        network.eval()
        image = worst_case(network, image, labels, size.to(image.device), noise.to(image.device))
    elif float(torch.rand((), generator=generator)) < plan.cutmix_share:
        image, other, share = cutmix(image, labels, generator)
    network.train()
    with _autocast(image.device):
        logits = network(normalized(image)).float()
    smoothing = plan.label_smoothing
    loss = share * F.cross_entropy(logits, labels, label_smoothing=smoothing)
    if share < 1:
        loss = loss + (1 - share) * F.cross_entropy(logits, other, label_smoothing=smoothing)
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def _autocast(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16)


def _generator(*position: int) -> Generator:
    digest = hashlib.sha256(repr(position).encode()).digest()
    return Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def _balanced_order(labels: Tensor, count: int, generator: Generator) -> Tensor:
    """Indices of one epoch. A class of n pictures is drawn in proportion to sqrt(n), so small ones come up more."""
    counts = torch.bincount(labels).clamp_min(1).float()
    return torch.multinomial(counts[labels].rsqrt(), count, replacement=True, generator=generator)


def _one_cycle(progress: float) -> float:
    """Learning rate factor at `progress` in [0, 1]: up linearly for 15% of the run, then down along a cosine."""
    if progress < 0.15:
        return 0.05 + 0.95 * progress / 0.15
    return 0.5 * (1 + math.cos(math.pi * (progress - 0.15) / 0.85)) * 0.999 + 0.001


def _parameter_groups(network: nn.Module, decay: float) -> list[dict[str, object]]:
    """Biases and batch norms are not decayed."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]


def _warm(steps: int) -> float:
    """Averaging decay after `steps` steps: short memory first, so that the average forgets the random start."""
    return (1 + steps) / (10 + steps)


@torch.no_grad()
def _update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - decay)
        else:
            old.copy_(new)


def _take_over(
    network: PocketNetwork, classes: tuple[str, ...], weights: dict[str, Tensor], known: tuple[str, ...]
) -> None:
    own = network.state_dict()
    for name, value in weights.items():
        if name in own and own[name].shape == value.shape and not name.startswith("fc."):
            own[name].copy_(value)
    for row, name in enumerate(classes):
        if name in known and weights["fc.weight"].shape[1] == network.fc.in_features:
            own["fc.weight"][row] = weights["fc.weight"][known.index(name)]
            own["fc.bias"][row] = weights["fc.bias"][known.index(name)]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder cannot be made: {error.strerror}", where=str(folder)) from error


def _run_key(
    plan: TrainingPlan, photographs: Photographs, start: tuple[dict[str, Tensor], tuple[str, ...]] | None
) -> str:
    digest = hashlib.sha256(repr((plan, photographs.classes)).encode())
    digest.update(photographs.pixels[:: max(1, len(photographs.pixels) // 64)].numpy().tobytes())
    digest.update(photographs.labels.numpy().tobytes())
    if start is not None:
        for value in start[0].values():
            digest.update(value.float().numpy().tobytes())
    return digest.hexdigest()


def _save_state(
    path: Path,
    key: str,
    epoch: tuple[int, int],
    network: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> None:
    models = {"network": network.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
    data = io.BytesIO()
    torch.save({"key": key, "epoch": epoch[0], "epochs": epoch[1], **models}, data)
    _write(path, data.getvalue())


def _write(path: Path, data: bytes) -> None:
    """Put `data` in place at once or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        remedy = "Make room or choose another --output; the run goes on from its last saved epoch."
        raise OutputError(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy) from error


def _state_path(path: Path) -> Path:
    """Where an unfinished run is kept."""
    return path.with_name(f"{path.name}.training")


def _read_state(path: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise TrainingError(
            "the unfinished run is damaged", where=str(path), remedy="Delete the file, and the run begins anew."
        ) from error
    return state


def _restore(path: Path, key: str, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Load an unfinished run with the same key and return the epochs it has done; 0 where there is none."""
    if not path.is_file():
        return 0
    state = _read_state(path)
    if state["key"] != key:
        return 0
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["epoch"])
