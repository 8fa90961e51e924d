"""Statistics of a whole picture: brightness, contrast, color, sharpness, and the energy of each scale."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.filters import laplacian_bands, luma

BANDS = 5


@dataclass(frozen=True)
class PictureStatistics:
    """Of one picture in [0, 1]: mean and standard deviation of its brightness (BT.709 luma), root mean square of its
    color (distance from gray), gradient energy (mean squared difference of neighboring pixels' brightness), and the
    root mean square of each Laplacian band, the finest first, the last the coarse rest around its mean."""

    brightness: float
    contrast: float
    saturation: float
    sharpness: float
    scales: tuple[float, ...] = ()


def picture_statistics(image: Tensor) -> PictureStatistics:
    """The statistics of (1, 3, H, W) float32 in [0, 1]."""
    light = luma(image)
    color = (image - light).square().mean().sqrt()
    tone = torch.stack([light.mean(), light.std(), color, gradient_energy(light, light)])
    brightness, contrast, saturation, sharpness = tone.tolist()
    scales = band_sizes(laplacian_bands(image, BANDS))
    return PictureStatistics(brightness, contrast, saturation, sharpness, tuple(scales))


def gradient_energy(one: Tensor, other: Tensor) -> Tensor:
    """Inner product of the gradients of two (1, 1, H, W), a mean over pixels."""
    down = (one[:, :, 1:] - one[:, :, :-1]) * (other[:, :, 1:] - other[:, :, :-1])
    across = (one[..., 1:] - one[..., :-1]) * (other[..., 1:] - other[..., :-1])
    energy: Tensor = down.mean() + across.mean()
    return energy


def band_sizes(bands: list[Tensor]) -> list[float]:
    """Root mean square of each Laplacian band, of the coarse rest around its mean."""
    rest = bands[-1] - bands[-1].mean((2, 3), keepdim=True)
    sizes: list[float] = torch.stack([band.square().mean().sqrt() for band in [*bands[:-1], rest]]).tolist()
    return sizes
