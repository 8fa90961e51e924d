"""Linear filters on pictures: blur, Scharr edges, Laplacian bands, resampling, luma."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

LUMA = (0.2126, 0.7152, 0.0722)
SCHARR = ((3.0, 0.0, -3.0), (10.0, 0.0, -10.0), (3.0, 0.0, -3.0))


def resized(image: Tensor, height: int, width: int) -> Tensor:
    """(B, C, H, W) to (B, C, height, width): bicubic, antialiased where it shrinks. Values may overshoot slightly."""
    if image.shape[-2:] == (height, width):
        return image
    return F.interpolate(image, size=(height, width), mode="bicubic", antialias=True, align_corners=False)


def luma(image: Tensor) -> Tensor:
    """(B, 3, H, W) to (B, 1, H, W): brightness with the weights of ITU-R BT.709, on the values as they are."""
    red, green, blue = LUMA
    return red * image[:, 0:1] + green * image[:, 1:2] + blue * image[:, 2:3]


def with_color_of(image: Tensor, other: Tensor) -> Tensor:
    """The brightness of `image` with the colors of `other`, both (B, 3, H, W) in [0, 1]."""
    return (other + (luma(image) - luma(other))).clamp(0, 1)


@lru_cache(maxsize=64)
def _gaussian_weights(sigma: float) -> tuple[float, ...]:
    radius = max(1, math.ceil(3 * sigma))
    weights = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(-radius, radius + 1)]
    return tuple(weight / sum(weights) for weight in weights)


def gaussian_blur(image: Tensor, sigma: float) -> Tensor:
    """Blur (B, C, H, W) by a Gaussian of `sigma` px, mirrored at the borders; below 0.1 px nothing changes."""
    if sigma < 0.1:
        return image
    batch, channels, height, width = image.shape
    if sigma > 8 and min(height, width) >= 64:
        # A wide Gaussian loses nothing on a coarser grid, where it costs a sixteenth.
        coarse = F.interpolate(image, scale_factor=0.25, mode="area")
        return F.interpolate(gaussian_blur(coarse, sigma / 4), size=(height, width), mode="bilinear")
    weights = image.new_tensor(_gaussian_weights(round(sigma, 4)))
    radius = len(weights) // 2
    planes = image.reshape(batch * channels, 1, height, width)
    planes = F.conv2d(_mirrored(planes, 0, radius), weights.view(1, 1, 1, -1))
    planes = F.conv2d(_mirrored(planes, radius, 0), weights.view(1, 1, -1, 1))
    return planes.view(batch, channels, height, width)


def _mirrored(planes: Tensor, rows: int, columns: int) -> Tensor:
    height, width = planes.shape[-2:]
    fits = rows < height and columns < width
    return F.pad(planes, (columns, columns, rows, rows), mode="reflect" if fits else "replicate")


def scharr(image: Tensor) -> Tensor:
    """Edges of (B, C, H, W): (B * C, 2, H, W), horizontal and vertical Scharr responses, 1 for a step from 0 to 1.

    Scharr 2000, "Optimal operators in digital image processing".
    """
    batch, channels, height, width = image.shape
    planes = F.pad(image.reshape(batch * channels, 1, height, width), (1, 1, 1, 1), mode="replicate")
    return F.conv2d(planes, _scharr_weights(image))


def scharr_energy_gradient(image: Tensor) -> Tensor:
    """Gradient of half the summed squares of `scharr(image)`, away from the border, shaped as `image`."""
    edges = scharr(image)
    return F.conv_transpose2d(edges, _scharr_weights(image), padding=1).view(image.shape)


def _scharr_weights(image: Tensor) -> Tensor:
    kernel = image.new_tensor(SCHARR) / 16
    return torch.stack([kernel, kernel.t()]).unsqueeze(1)


def laplacian_bands(image: Tensor, count: int) -> list[Tensor]:
    """Split (B, C, H, W) in `count` bands, the finest first, and a coarse rest; together they sum to the image.

    Burt & Adelson 1983. Bands are brought back to full size, so adding them up merges them.
    """
    bands, rest = [], image
    for _ in range(count):
        height, width = rest.shape[-2:]
        if min(height, width) < 4:
            break
        coarse = F.avg_pool2d(gaussian_blur(rest, 1.0), 2, ceil_mode=True, count_include_pad=False)
        bands.append(rest - F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False))
        rest = coarse
    size = image.shape[-2:]
    return [
        band if band.shape[-2:] == size else F.interpolate(band, size=size, mode="bilinear", align_corners=False)
        for band in [*bands, rest]
    ]
