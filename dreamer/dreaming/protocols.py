"""What the engine asks of a network. `dreamer.networks` has the real one; tests have a tiny one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor


class Cut(Protocol):
    """A network cut at the deepest layer that is asked for. `smallest`: shortest side that it takes; both in px.

    `bytes_per_pixel`: memory that a pass there and back needs for each px of input.
    """

    smallest: int
    stride: int
    bytes_per_pixel: float

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Activations (B, C, h, w) by layer, and logits (B, classes), for (B, 3, H, W) float32 in [0, 1], sRGB."""

    def repeated(self, image: Tensor) -> dict[str, Tensor]:
        """The same, to be gone back through once and forgotten before the next call; that may be faster."""


class Network(Protocol):
    """A network on a device."""

    device: torch.device

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers in order of computation."""

    def cut(self, layers: Iterable[str]) -> Cut:
        """The network up to the deepest of `layers`."""

    def kernels(self, layer: str) -> int:
        """How many kernels a layer has."""

    def kernels_about(self, layer: str, words: str) -> list[int]:
        """The kernels of a layer that answer to words such as "dogs"."""

    def class_index(self, wanted: int | str) -> int:
        """The index of a class by number or name."""
