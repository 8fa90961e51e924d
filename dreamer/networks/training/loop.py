"""Train a pocket network on labelled photographs, resumably and reproducibly.

Every random number is a function of `(seed, epoch, batch)`, and the state is saved beside the output after each
epoch, so a run that is killed and started again ends with the same weights as one that was not.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Generator, Tensor

from dreamer.errors import TrainingError
from dreamer.networks.pocket import PocketNetwork
from dreamer.networks.training.augmentation import random_views
from dreamer.networks.training.evaluation import Accuracy, evaluate
from dreamer.networks.training.fine_tuning import take_over
from dreamer.networks.training.learner import Learner
from dreamer.networks.training.photographs import Photographs
from dreamer.networks.training.run_state import make_folder, restore, run_key, save_pocket, save_state, state_path
from dreamer.networks.training.training_plan import (
    TrainingEpoch,
    TrainingEvent,
    TrainingPlan,
    TrainingResult,
    TrainingStep,
)
from dreamer.networks.weights import LoadedNetwork


def train(
    photographs: Photographs,
    plan: TrainingPlan,
    path: Path,
    *,
    device: torch.device,
    start: LoadedNetwork | None = None,
) -> Iterator[TrainingEvent]:
    """Train by `plan` and write float16 safetensors to `path`, yielding events.

    `start`: a pocket network to fine-tune; layers whose shape fits are taken over, and so are the classifier's rows of
    classes that both know. An unfinished run beside `path` with the same plan and photographs is continued.
    Raises TrainingError for too few photographs and a damaged unfinished run, OutputError where nothing can be written.
    """
    pixels, labels = photographs.pixels[~photographs.held_out], photographs.labels[~photographs.held_out]
    if len(labels) < 2 or not photographs.held_out.any():
        raise TrainingError("too few photographs to train on and to check with", remedy="Give at least 20 a class.")
    make_folder(path.parent)
    batches = max(1, len(labels) // plan.batch)
    learner = _learner(photographs.classes, plan, batches * plan.epochs, device, start)
    unfinished, key = state_path(path), run_key(plan, photographs, start)
    first = restore(unfinished, key, learner)
    clock = _Clock(plan, range(first, plan.epochs), batches)
    accuracy: Accuracy | None = None
    for epoch in range(first, plan.epochs):
        began = time.perf_counter()
        for batch, loss in enumerate(_losses(learner, pixels, labels, batches, epoch), 1):
            speed = batch * plan.batch / (time.perf_counter() - began)
            yield TrainingStep(epoch + 1, plan.epochs, batch, batches, loss, speed, clock.seconds_left(epoch, batch))
        save_state(unfinished, key, (epoch + 1, plan.epochs), learner)
        accuracy = evaluate(learner.averaged, photographs, plan.side, device)
        yield TrainingEpoch(epoch + 1, plan.epochs, accuracy, time.perf_counter() - began)
    if accuracy is None:  # the run was stopped when all epochs were done
        accuracy = evaluate(learner.averaged, photographs, plan.side, device)
    shares = {"accuracy": accuracy.clean, "whole": accuracy.whole, "perturbed": accuracy.perturbed}
    save_pocket(learner.averaged, photographs.classes, path, {**asdict(plan), **shares})
    unfinished.unlink(missing_ok=True)
    yield TrainingResult(path, accuracy)


def _learner(
    classes: tuple[str, ...], plan: TrainingPlan, steps: int, device: torch.device, start: LoadedNetwork | None
) -> Learner:
    torch.manual_seed(plan.seed)
    network = PocketNetwork(len(classes), plan.architecture)
    if start is not None:
        take_over(network, classes, start)
    return Learner(network.to(device, memory_format=torch.channels_last), plan, steps)  # type: ignore[call-overload]


def _losses(learner: Learner, pixels: Tensor, labels: Tensor, batches: int, epoch: int) -> Iterator[float]:
    """Learn from the batches of one epoch, and yield the loss of each."""
    plan = learner.plan
    order = _balanced_order(labels, batches * plan.batch, _generator(plan.seed, epoch))
    for batch, chosen in enumerate(torch.split(order, plan.batch)):
        generator = _generator(plan.seed, epoch, batch)
        torch.manual_seed(generator.initial_seed())  # dropout draws from torch's global numbers
        image = random_views(pixels[chosen].to(learner.device), plan.side_in(epoch), generator)
        yield learner.step(image, labels[chosen], generator)


class _Clock:
    """Estimates the time that the rest of a run takes from the time that its beginning took."""

    def __init__(self, plan: TrainingPlan, epochs: range, batches: int) -> None:
        self._work = {epoch: (plan.side_in(epoch) / plan.side) ** 2 for epoch in epochs}
        self._batches, self._began = batches, time.perf_counter()

    def seconds_left(self, epoch: int, batch: int) -> float:
        """After `batch` batches of an epoch counted from 0."""
        done = sum(work for before, work in self._work.items() if before < epoch)
        done += self._work[epoch] * batch / self._batches
        return (time.perf_counter() - self._began) / done * (sum(self._work.values()) - done)


def _generator(*position: int) -> Generator:
    digest = hashlib.sha256(repr(position).encode()).digest()
    return Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def _balanced_order(labels: Tensor, count: int, generator: Generator) -> Tensor:
    """Indices of one epoch. A class of n pictures is drawn in proportion to sqrt(n), so small ones come up more."""
    counts = torch.bincount(labels).clamp_min(1).float()
    return torch.multinomial(counts[labels].rsqrt(), count, replacement=True, generator=generator)
