"""Bring gradients to a common size. Every function works on each picture of a batch alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dreamer.dreaming.filters import laplacian_bands, merged_bands

# Only so that 0 / 0 is 0: gradients of means over many positions are small, and must not shrink because of it.
EPS = 1e-20


def _flat(gradient: Tensor) -> Tensor:
    return gradient.reshape(len(gradient), -1)


def _shaped(size: Tensor, gradient: Tensor) -> Tensor:
    return size.view(-1, *[1] * (gradient.ndim - 1))


def rms(gradient: Tensor) -> Tensor:
    """(B,) root mean square of each picture's gradient."""
    flat = _flat(gradient)
    length: Tensor = torch.linalg.vector_norm(flat, dim=1)
    return length / math.sqrt(flat.shape[1])


SIZES: dict[str, Callable[[Tensor], Tensor]] = {
    "max": lambda gradient: _flat(gradient).abs().amax(dim=1),
    "mean": lambda gradient: torch.linalg.vector_norm(_flat(gradient), ord=1, dim=1) / _flat(gradient).shape[1],
    "std": lambda gradient: _flat(gradient).std(dim=1),
    "rms": rms,
    "none": lambda gradient: torch.ones(len(gradient), device=gradient.device),
}


def normalized(gradient: Tensor, by: str) -> Tensor:
    """`gradient` (B, ...) divided by its size: max, mean (of magnitudes), std, rms or none."""
    return gradient / _shaped(SIZES[by](gradient) + EPS, gradient)


def unit_rms(gradient: Tensor) -> Tensor:
    """`gradient` (B, ...) brought to a root mean square of 1."""
    return normalized(gradient, "rms")


def band_normalized(gradient: Tensor, bands: int) -> Tensor:
    """Normalize each Laplacian band of (B, C, H, W) by its root mean square and merge them.

    It lifts low frequencies, which a plain gradient hardly has. The "Laplacian pyramid gradient normalization" of the
    TensorFlow DeepDream tutorial (Mordvintsev 2016).
    """
    return merged_bands([unit_rms(band) for band in laplacian_bands(gradient, bands)])
