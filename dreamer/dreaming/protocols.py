"""What the engine needs of a network. `dreamer.networks` has the real one; tests have a tiny one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.presets.model.canvas import FLAT, Wraps


class Cut(Protocol):
    """A network cut at the deepest layer that is needed.

    `smallest`: shortest side that it takes, in px. `stride`: px for each cell of its coarsest layer.
    `bytes_per_pixel`: memory that a forward and a backward pass need for each px of input.
    """

    smallest: int
    stride: int
    bytes_per_pixel: float

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Activations (B, C, h, w) by layer, and logits (B, classes), for (B, 3, H, W) float32 in [0, 1], sRGB."""

    def repeated(self, image: Tensor) -> dict[str, Tensor]:
        """The same, for one backward pass before the next call, which overwrites them; it may be faster."""


class Network(Protocol):
    """A network on a device."""

    device: torch.device

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers in order of computation."""

    def depth(self, layer: str) -> int:
        """The position of a layer in order of computation."""

    def cut(self, layers: Iterable[str], *, wraps: Wraps = FLAT) -> Cut:
        """The network up to the deepest of `layers`, which on axes that wrap looks around the picture's edge."""

    def kernels(self, layer: str) -> int:
        """How many kernels a layer has."""

    def kernels_about(self, layer: str, words: str) -> list[int]:
        """The kernels of a layer that respond to words such as "dogs"."""

    def class_index(self, wanted: int | str) -> int:
        """The index of a class by number or name."""


def require_kernels(network: Network, layer: str, kernels: Iterable[int]) -> None:
    """Raise TargetError for the first of `kernels` that a layer does not have, or for an unknown layer."""
    count = network.kernels(layer)
    for kernel in kernels:
        if not 0 <= kernel < count:
            raise kernel_out_of_range(layer, kernel, count)


def kernel_out_of_range(layer: str, kernel: int | str, count: int) -> TargetError:
    """The error for a kernel that a layer of `count` kernels does not have."""
    return TargetError(f"layer {layer!r} has no kernel {kernel}", remedy=f"Its kernels are numbered 0 to {count - 1}.")
