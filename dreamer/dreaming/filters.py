"""Linear filters on pictures: blur, Scharr edges, Laplacian bands, resampling, luma."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.strips import by_channels, halved_in_strips, updated
from dreamer.dreaming.wrapping import interpolated, surrounded
from dreamer.presets.model.canvas import FLAT, Wraps

LUMA = (0.2126, 0.7152, 0.0722)
WIDE = 4.0  # px: Gaussians that are wider are taken on a coarser grid of the whole picture
SCHARR = (10 / 16, 3 / 16)  # across an edge, from the middle outward; along it, a difference


def resized(image: Tensor, height: int, width: int, wraps: Wraps = FLAT) -> Tensor:
    """(B, C, H, W) to (B, C, height, width): bicubic, antialiased where it shrinks. Values may overshoot slightly."""
    if image.shape[-2:] == (height, width):
        return image
    bicubic = functools.partial(interpolated, height=height, width=width, wraps=wraps, mode="bicubic", antialias=True)
    return by_channels(image, height, width, bicubic)


def luma(image: Tensor) -> Tensor:
    """(B, 3, H, W) to (B, 1, H, W): brightness with the weights of ITU-R BT.709, on the values as they are."""
    red, green, blue = LUMA
    return red * image[:, 0:1] + green * image[:, 1:2] + blue * image[:, 2:3]


def with_color_of(image: Tensor, other: Tensor) -> Tensor:
    """The brightness of `image` with the colors of `other`, both (B, 3, H, W) in [0, 1]."""
    return (other + (luma(image) - luma(other))).clamp(0, 1)


@lru_cache(maxsize=64)
def _gaussian_weights(sigma: float) -> tuple[float, ...]:
    """Half of a Gaussian, from its middle outward; whole, it sums to 1."""
    radius = _blur_radius(sigma)
    weights = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(radius + 1)]
    total = 2 * sum(weights) - weights[0]
    return tuple(weight / total for weight in weights)


def gaussian_blur(image: Tensor, sigma: float, wraps: Wraps = FLAT) -> Tensor:
    """Blur (B, C, H, W) by a Gaussian of `sigma` px; below 0.1 px nothing changes.

    Borders are mirrored, or on axes that wrap seen around.
    """
    if sigma < 0.1:
        return image
    height, width = image.shape[-2:]
    if sigma > WIDE and min(height, width) >= 64:
        # A wide Gaussian loses nothing on a coarser grid, where it costs a sixteenth.
        coarse = interpolated(image, height // 4, width // 4, wraps, antialias=True)
        return stretched(gaussian_blur(coarse, sigma / 4, wraps), height, width, wraps)
    weights = _gaussian_weights(round(sigma, 4))
    radius = len(weights) - 1
    rows, columns = (
        "wrap" if wrap else "reflect" if radius < length else "replicate"
        for length, wrap in zip((height, width), wraps, strict=True)
    )
    return _smoothed(_smoothed(image, weights, 3, columns), weights, 2, rows)


def blurred(image: Tensor, sigma: float, wraps: Wraps = FLAT) -> Tensor:
    """`gaussian_blur(image, sigma, wraps)`; a large picture may be written over."""
    if sigma > WIDE or sigma < 0.1:
        return gaussian_blur(image, sigma, wraps)
    radius = _blur_radius(sigma)
    return updated(image, lambda part: gaussian_blur(part, sigma, wraps), margin=radius, wraps=wraps[0])


def sharpened(image: Tensor, amount: float, sigma: float, wraps: Wraps = FLAT) -> Tensor:
    """(B, C, H, W) with `amount` times what a Gaussian blur of `sigma` px takes away added: an unsharp mask.

    A large picture may be written over.
    """
    if not amount:
        return image

    def unsharp(part: Tensor) -> Tensor:
        return part + amount * (part - gaussian_blur(part, sigma, wraps))

    if sigma > WIDE:
        return unsharp(image)
    return updated(image, unsharp, margin=_blur_radius(sigma), wraps=wraps[0])


def _blur_radius(sigma: float) -> int:
    return max(1, math.ceil(3 * sigma))


def _padded(image: Tensor, radius: int, dim: int, border: str) -> Tensor:
    """`border`: a mode of torch's padding, or "wrap"."""
    if border == "wrap":
        return surrounded(image, *((0, radius) if dim == 3 else (radius, 0)))
    return F.pad(image, (radius, radius, 0, 0) if dim == 3 else (0, 0, radius, radius), mode=border)


def _smoothed(image: Tensor, weights: Sequence[float], dim: int, border: str) -> Tensor:
    """Correlate one axis with a symmetric kernel, given from its middle outward.

    Shifted sums, because convolutions of so few channels are many times slower on a CPU.
    """
    length, radius = image.shape[dim], len(weights) - 1
    padded = _padded(image, radius, dim, border)
    total = padded.narrow(dim, radius, length) * weights[0]
    for offset in range(1, radius + 1):
        total.add_(padded.narrow(dim, radius - offset, length), alpha=weights[offset])
        total.add_(padded.narrow(dim, radius + offset, length), alpha=weights[offset])
    return total


def _slope(image: Tensor, dim: int, border: str) -> Tensor:
    """The pixel before minus the pixel behind, along one axis."""
    length = image.shape[dim]
    padded = _padded(image, 1, dim, border)
    return padded.narrow(dim, 0, length) - padded.narrow(dim, 2, length)


def scharr_energy_gradient(image: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """Gradient of half the summed squares of the Scharr responses of (B, C, H, W), away from borders that do not wrap.

    Responses are horizontal and vertical, 1 for a step from 0 to 1. Scharr 2000, "Optimal operators in digital image
    processing".
    """
    total = torch.zeros_like(image)
    for along, across in ((3, 2), (2, 3)):
        seen = ["wrap" if wraps[dim - 2] else "replicate" for dim in (along, across)]
        edges = _smoothed(_slope(image, along, seen[0]), SCHARR, across, seen[1])
        # The filters' adjoints: smoothing is its own, the slope's is the slope the other way.
        back = ["wrap" if wraps[dim - 2] else "constant" for dim in (along, across)]
        total -= _slope(_smoothed(edges, SCHARR, across, back[1]), along, back[0])
    return total


def laplacian_bands(image: Tensor, count: int, wraps: Wraps = FLAT) -> list[Tensor]:
    """Split (B, C, H, W) in at most `count` bands, the finest first, each of half the size, and a coarse rest.

    Burt & Adelson 1983, "The Laplacian pyramid as a compact image code".
    """
    bands: list[Tensor] = []
    rest = image
    while len(bands) < count and can_be_halved(rest, wraps):
        coarse = halved(rest, wraps)
        bands.append(rest - enlarged(coarse, rest, wraps))
        rest = coarse
    return [*bands, rest]


def can_be_halved(image: Tensor, wraps: Wraps = FLAT) -> bool:
    """Whether (B, C, H, W) has room for another band: on an axis that wraps, only if its length is even."""
    sides = image.shape[-2:]
    return min(sides) >= 4 and not any(wrap and side % 2 for side, wrap in zip(sides, wraps, strict=True))


def merged_bands(bands: Sequence[Tensor], wraps: Wraps = FLAT) -> Tensor:
    """The picture whose `laplacian_bands` these are."""
    image = bands[-1]
    for band in reversed(bands[:-1]):
        image = band + enlarged(image, band, wraps)
    return image


def halved(image: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """(B, C, H, W) at half its size, rounded up, without what is too fine for it."""
    return halved_in_strips(image, functools.partial(_halved, wraps=wraps), margin=4, wraps=wraps[0])


def _halved(image: Tensor, wraps: Wraps) -> Tensor:
    return F.avg_pool2d(gaussian_blur(image, 1.0, wraps), 2, ceil_mode=True, count_include_pad=False)


def enlarged(image: Tensor, like: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """`image` at the size of `like`, bilinear."""
    return stretched(image, like.shape[2], like.shape[3], wraps)


def stretched(image: Tensor, height: int, width: int, wraps: Wraps = FLAT) -> Tensor:
    """(B, C, H, W) enlarged to (B, C, height, width), bilinear."""
    return by_channels(image, height, width, functools.partial(interpolated, height=height, width=width, wraps=wraps))
