"""The parts of a bound target: a window of the picture, and a score of the network's activations in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.presets.model.schema import Target

Activations = Mapping[str, Tensor]
LOGITS = "logits"


@dataclass(frozen=True)
class Window:
    """Where the network's input lies in the whole picture, in px: all of it, or a tile."""

    top: int
    left: int
    height: int
    width: int
    whole_height: int
    whole_width: int


Score = Callable[[Activations, Activations | None, Window], Tensor]


@dataclass(frozen=True)
class BoundTarget:
    """A target with all that it needs from a network and pictures: ready to score.

    `score(activations, reference, window)`: (B,). `reference` holds the activations of the starting picture in the same
    window; it is computed only where a target says `needs_reference`.
    """

    target: Target
    layers: tuple[str, ...]
    score: Score
    needs_reference: bool = False


def layers_of(target: Target) -> tuple[str, ...]:
    """The layers that a target names."""
    return target.layer or ()


def summed(scores: Sequence[Tensor]) -> Tensor:
    """The sum of several (B,) scores."""
    return torch.stack(list(scores)).sum(0)


def with_longest_side(image: Tensor, side: int, smallest: int) -> Tensor:
    """Scale (B, 3, h, w) to a longest side of `side` px, or more where the shortest would be below `smallest`."""
    height, width = image.shape[-2:]
    factor = max(side / max(height, width), smallest / min(height, width))
    return resized(image, max(smallest, round(height * factor)), max(smallest, round(width * factor))).clamp(0, 1)
