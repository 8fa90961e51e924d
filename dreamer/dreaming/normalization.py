"""Bring gradients to a common size. Every function works on each picture of a batch alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dreamer.buffers import relax
from dreamer.dreaming.filters import can_be_halved, enlarged, halved
from dreamer.dreaming.strips import is_large, updated
from dreamer.presets.model.canvas import FLAT, Wraps

# Only so that 0 / 0 is 0: gradients of means over many positions are small, and must not shrink because of it.
EPS = 1e-20
# Values of a partial sum.
PART = 1 << 18
_RELAXED_EVERY = 64


def _flat(gradient: Tensor) -> Tensor:
    return gradient.reshape(len(gradient), -1)


def _shaped(size: Tensor, gradient: Tensor) -> Tensor:
    return size.view(-1, *[1] * (gradient.ndim - 1))


def rms(gradient: Tensor) -> Tensor:
    """(B,) root mean square of each picture's gradient."""
    flat = _flat(gradient)
    return _norm(flat, 2) / math.sqrt(flat.shape[1])


def _norm(flat: Tensor, order: int) -> Tensor:
    """(B,) norm of each row, 1 or 2.

    In float32 the sum of so many values would stop growing where the next one is too small for it, so that a large
    picture's is one of many partial sums.
    """
    if not is_large(flat):
        norm: Tensor = torch.linalg.vector_norm(flat, ord=order, dim=1)
        return norm
    sums = torch.stack([torch.linalg.vector_norm(part, ord=order, dim=1) for part in _parts(flat)])
    exact: Tensor = torch.linalg.vector_norm(sums, ord=order, dim=0)
    return exact


def _parts(flat: Tensor) -> Iterator[Tensor]:
    for number, part in enumerate(torch.split(flat, PART, dim=1)):
        if number % _RELAXED_EVERY == 0:
            relax(flat)
        yield part
    relax(flat)


def _deviation(flat: Tensor) -> Tensor:
    """(B,) standard deviation of each row."""
    if not is_large(flat):
        return flat.std(dim=1)
    count = flat.shape[1]
    mean = torch.stack([part.sum(1) for part in _parts(flat)]).sum(0, keepdim=True) / count
    squares = torch.stack([(part - mean.T).square().sum(1) for part in _parts(flat)])
    return (squares.sum(0) / (count - 1)).sqrt()


def _largest(flat: Tensor) -> Tensor:
    """(B,) largest magnitude of each row."""
    if not is_large(flat):
        return flat.abs().amax(dim=1)
    return torch.stack([part.abs().amax(dim=1) for part in _parts(flat)]).amax(0)


SIZES: dict[str, Callable[[Tensor], Tensor]] = {
    "max": lambda gradient: _largest(_flat(gradient)),
    "mean": lambda gradient: _norm(_flat(gradient), 1) / _flat(gradient).shape[1],
    "std": lambda gradient: _deviation(_flat(gradient)),
    "rms": rms,
    "none": lambda gradient: torch.ones(len(gradient), device=gradient.device),
}


def normalized(gradient: Tensor, by: str) -> Tensor:
    """`gradient` (B, ...) divided by its size: max, mean (of magnitudes), std, rms or none. A large one is written
    over."""
    size = _shaped(SIZES[by](gradient) + EPS, gradient)
    return updated(gradient, lambda part: part / size)


def unit_rms(gradient: Tensor) -> Tensor:
    """`gradient` (B, ...) brought to a root mean square of 1. A large one is written over."""
    return normalized(gradient, "rms")


def band_normalized(gradient: Tensor, bands: int, wraps: Wraps = FLAT) -> Tensor:
    """Normalize each Laplacian band of (B, C, H, W) by its root mean square and merge them.

    A large gradient is written over. It lifts low frequencies, which a plain gradient hardly has. The "Laplacian
    pyramid gradient normalization" of the TensorFlow DeepDream tutorial (Mordvintsev 2016).
    """
    found: list[Tensor] = []
    rest = gradient
    while len(found) < bands and can_be_halved(rest, wraps):
        coarse = halved(rest, wraps)
        found.append(unit_rms(updated(rest, torch.sub, enlarged(coarse, rest, wraps))))
        rest = coarse
    merged = unit_rms(rest)
    while found:
        band = found.pop()
        merged = updated(band, torch.add, enlarged(merged, band, wraps))
    return merged
