"""Fitting a training run into a given time."""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch

from dreamer.errors import UsageError
from dreamer.networks.pocket import PocketNetwork
from dreamer.networks.training.augmentation import random_views
from dreamer.networks.training.learner import Learner
from dreamer.networks.training.photographs import Photographs
from dreamer.networks.training.run_state import read_state, state_path
from dreamer.networks.training.training_plan import TrainingPlan

# Each epoch ends with a look at the held-out photographs, about a fifth of a step's work for each batch of them.
EVALUATION = 1.1
_UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(text: str) -> float:
    """The seconds of "90s", "40m" or "1.5h". Raises UsageError."""
    try:
        seconds = float(text[:-1]) * _UNITS[text[-1:]]
    except (ValueError, KeyError):
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise UsageError("is not a time", where=f"--time {text}", remedy='Write it as "90s", "40m" or "1.5h".')
    return seconds


def epochs_within(
    seconds: float, photographs: Photographs, plan: TrainingPlan, device: torch.device, path: Path
) -> int:
    """How many epochs of `plan` fit into a time, by timing a few steps; or those of the unfinished run beside `path`.

    At least 1. What a step costs is measured on a network of its own, so that the run itself is not touched.
    Raises TrainingError where the unfinished run is damaged.
    """
    unfinished = state_path(path)
    if unfinished.is_file():
        return read_state(unfinished).epochs
    network = PocketNetwork(len(photographs.classes), plan.architecture)
    learner = Learner(network.to(device, memory_format=torch.channels_last), plan, 1)  # type: ignore[call-overload]
    small, large = (_seconds_per_step(learner, photographs, side) for side in (plan.small_side, plan.side))
    batches = max(1, int((~photographs.held_out).sum()) // plan.batch)
    mean = plan.small_share * small + (1 - plan.small_share) * large
    return max(1, int(seconds / (batches * mean * EVALUATION)))


def _seconds_per_step(learner: Learner, photographs: Photographs, side: int) -> float:
    """The least of three, after one to warm up."""
    count = learner.plan.batch
    pixels, labels = photographs.pixels[:count], photographs.labels[:count]
    least = math.inf
    for number in range(4):
        began = time.perf_counter()
        generator = torch.Generator().manual_seed(side)
        learner.accumulate(random_views(pixels.to(learner.device), side, generator), labels, generator)
        if number:
            least = min(least, time.perf_counter() - began)
    return least
