"""Train a pocket network on labelled photographs, resumably and reproducibly.

Every random number is a function of `(seed, epoch, batch)`, and the state is saved beside the output after each
epoch, so a run that is killed and started again ends with the same weights as one that was not.
"""

from __future__ import annotations

import copy
import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from dreamer.errors import TrainingError
from dreamer.networks.pocket import PocketNetwork
from dreamer.networks.training.augmentation import cutmix, normalized, random_views
from dreamer.networks.training.evaluation import Accuracy, autocast, evaluate, worst_case
from dreamer.networks.training.files import (
    make_folder,
    read_state,
    restore,
    run_key,
    save_pocket,
    save_state,
    state_path,
)
from dreamer.networks.training.photographs import Photographs
from dreamer.networks.training.plan import TrainingEpoch, TrainingEvent, TrainingPlan, TrainingResult, TrainingStep


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
    make_folder(path.parent)
    torch.manual_seed(plan.seed)
    network = PocketNetwork(len(photographs.classes), plan.architecture)
    if start is not None:
        _take_over(network, photographs.classes, *start)
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(_parameter_groups(network, plan.weight_decay), lr=plan.learning_rate, fused=True)
    unfinished = state_path(path)
    key = run_key(plan, photographs, start)
    first = restore(unfinished, key, network, average, optimizer)
    batches = max(1, len(data[0]) // plan.batch)
    small_epochs = int(plan.epochs * plan.small_share)
    began, done_work = time.perf_counter(), 0.0
    work = [0.5625 if epoch < small_epochs else 1.0 for epoch in range(plan.epochs)]
    accuracy: Accuracy | None = None
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
        save_state(unfinished, key, (epoch + 1, plan.epochs), network, average, optimizer)
        accuracy = evaluate(average, photographs, plan.side, device)
        yield TrainingEpoch(epoch + 1, plan.epochs, accuracy, time.perf_counter() - epoch_began)
    if accuracy is None:  # the run was stopped when all epochs were done
        accuracy = evaluate(average, photographs, plan.side, device)
    shares = {"accuracy": accuracy.clean, "whole": accuracy.whole, "perturbed": accuracy.perturbed}
    save_pocket(average, photographs.classes, path, {**asdict(plan), **shares})
    unfinished.unlink(missing_ok=True)
    yield TrainingResult(path, accuracy)


def epochs_within(
    seconds: float, photographs: Photographs, plan: TrainingPlan, device: torch.device, path: Path
) -> int:
    """How many epochs of `plan` fit into a time, by timing a few steps; or those of the unfinished run beside `path`.

    At least 1. What a step costs is measured on a network of its own, so that the run itself is not touched.
    """
    unfinished = state_path(path)
    if unfinished.is_file():
        return int(read_state(unfinished).get("epochs", plan.epochs))
    count = int((~photographs.held_out).sum())
    network = PocketNetwork(len(photographs.classes), plan.architecture).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
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
    with autocast(image.device):
        logits = network(normalized(image)).float()
    smoothing = plan.label_smoothing
    loss = share * F.cross_entropy(logits, labels, label_smoothing=smoothing)
    if share < 1:
        loss = loss + (1 - share) * F.cross_entropy(logits, other, label_smoothing=smoothing)
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


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
