"""Random views of training photographs: one affine resampling and one color change per picture, batched."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dreamer.networks.pocket import IMAGENET_MEAN, IMAGENET_STD

LUMA = (0.299, 0.587, 0.114)


def normalized(image: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1] to zero mean and unit deviation by ImageNet's statistics."""
    mean, std = _statistics(image.device)
    return (image - mean) / std


@lru_cache
def _statistics(device: torch.device) -> tuple[Tensor, Tensor]:
    """Kept on the device, since nothing can be copied to it while a graph is captured."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return mean.to(device), std.to(device)


def _uniform(n: int, low: float, high: float, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=generator)


def random_views(pixels: Tensor, side: int, generator: Generator) -> Tensor:
    """Random crops of (B, 3, S, S) uint8 pictures, as (B, 3, side, side) float in [0, 1].

    Each is a random square of 55% to 100% of the side, stretched by up to 1.2, rotated by up to 12 degrees and flipped
    half the time, in a single bilinear resampling; then brightness, contrast, saturation and white balance are changed.
    What is drawn comes from `generator`, which is the CPU's; pictures are made on the device of `pixels`.
    """
    n = len(pixels)
    size = _uniform(n, 0.55, 1.0, generator)
    stretch = torch.exp(_uniform(n, -1, 1, generator) * math.log(1.2) / 2)
    angle = _uniform(n, -1, 1, generator) * math.radians(12)
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    room = 1 - size
    shift_x, shift_y = _uniform(n, -1, 1, generator) * room, _uniform(n, -1, 1, generator) * room
    wide, high = (size * stretch).clamp(max=1), (size / stretch).clamp(max=1)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [wide * cos * flip, -high * sin, shift_x, wide * sin * flip, high * cos, shift_y]
    matrix = torch.stack(rows, 1).view(n, 2, 3).to(pixels.device)
    grid = F.affine_grid(matrix, [n, 3, side, side], align_corners=False)
    image = F.grid_sample(pixels.float() / 255, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return _recolored(image, generator)


def _recolored(image: Tensor, generator: Generator) -> Tensor:
    n = len(image)

    def factor(spread: float) -> Tensor:
        return _uniform(n, 1 - spread, 1 + spread, generator).view(n, 1, 1, 1).to(image.device)

    balance = 1 + 0.06 * (torch.rand(n, 3, 1, 1, generator=generator).to(image.device) * 2 - 1)
    gray = (image * image.new_tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)
    image = gray + (image - gray) * factor(0.3)
    mean = image.mean((1, 2, 3), keepdim=True)
    image = mean + (image - mean) * factor(0.25)
    return (image * factor(0.2) * balance).clamp(0, 1)
