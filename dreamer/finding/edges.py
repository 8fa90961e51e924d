"""Rough areas brought to the edges of the photo, at any size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.filters import resized

# Of the window and of what counts as an edge, by variance, at the size of the rough area.
RADIUS = 4
EPSILON = 4e-4


def along_edges(rough: Tensor, photo: Tensor) -> Tensor:
    """(1, 1, H, W) in [0, 1] of the photo, (1, 3, H, W) in [0, 1]: a rough area (1, 1, h, w) with the photo's edges.

    In each window the area is a linear function of the photo's colors, found at the size of the rough one and applied
    at the photo's. He, Sun & Tang 2013, "Guided image filtering", equations 13 to 15; He & Sun 2015, "Fast guided
    filter".
    """
    height, width = rough.shape[-2:]
    slopes, offset = _linear(rough, resized(photo, height, width).clamp(0, 1))
    size = photo.shape[-2:]
    slopes, offset = (F.interpolate(part, size=size, mode="bilinear", align_corners=False) for part in (slopes, offset))
    return ((slopes * photo).sum(1, keepdim=True) + offset).clamp(0, 1)


def _linear(area: Tensor, guide: Tensor) -> tuple[Tensor, Tensor]:
    """Slopes (1, 3, h, w) and offset (1, 1, h, w), each a mean over all windows with a pixel."""
    mean_guide, mean_area = _box(guide), _box(area)
    covariance = _box(guide * area) - mean_guide * mean_area
    products = _box((guide.unsqueeze(2) * guide.unsqueeze(1)).flatten(1, 2))
    variance = products.view(len(guide), 3, 3, *guide.shape[2:]) - mean_guide.unsqueeze(2) * mean_guide.unsqueeze(1)
    matrices = variance.permute(0, 3, 4, 1, 2) + EPSILON * torch.eye(3)
    slopes = torch.linalg.solve(matrices, covariance.permute(0, 2, 3, 1).unsqueeze(-1)).squeeze(-1).permute(0, 3, 1, 2)
    offset = mean_area - (slopes * mean_guide).sum(1, keepdim=True)
    return _box(slopes), _box(offset)


def _box(image: Tensor) -> Tensor:
    """The mean over each window of (1, C, h, w); smaller windows at the border."""
    return F.avg_pool2d(image, 2 * RADIUS + 1, stride=1, padding=RADIUS, count_include_pad=False)
