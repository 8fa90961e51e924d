"""What targets are made of: a network's sight, the view that it has of a picture, and a score of its activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.presets.schema import Target

Activations = Mapping[str, Tensor]
LOGITS = "logits"


class Sight(Protocol):
    """A cut network: (B, 3, H, W) float32 in [0, 1], sRGB, to the activations of its layers.

    `smallest`: shortest side in px that it takes.
    """

    smallest: int

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Activations (B, C, h, w) by layer, and logits (B, classes), for (B, 3, H, W) float32 in [0, 1]."""


class Seer(Protocol):
    """What targets ask of a network."""

    def cut(self, layers: Sequence[str]) -> Sight:
        """The network up to the deepest of `layers`."""

    def kernels(self, layer: str) -> int:
        """How many kernels a layer has."""

    def kernels_about(self, layer: str, words: str) -> list[int]:
        """The kernels of a layer that answer to words such as "dogs"."""

    def class_index(self, wanted: int | str) -> int:
        """The index of a class by number or name."""


@dataclass(frozen=True)
class View:
    """Where the picture that the network sees lies in the whole one: everything, or a tile of it, in px."""

    top: int
    left: int
    height: int
    width: int
    whole_height: int
    whole_width: int


Score = Callable[[Activations, Activations | None, View], Tensor]


@dataclass(frozen=True)
class BoundTarget:
    """A target with all that it needs from a network and pictures: ready to score.

    `score(activations, reference, view)`: (B,). `reference` holds the activations of the starting picture in the same
    view; it is computed only where a target says `needs_reference`.
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
