"""Masks with soft edges: where the dream, or a single target, may paint."""

from __future__ import annotations

import torch
from torch import Tensor

from dreamer.dreaming.filters import gaussian_blur, resized
from dreamer.presets.model.canvas import Mask
from dreamer.presets.timeline.easings import smoothstep


def draw_mask(mask: Mask, height: int, width: int, pictures: dict[str, Tensor]) -> Tensor:
    """(1, 1, height, width) float in [0, 1]: 1 where the dream may paint.

    `pictures` holds a (1, 3, h, w) picture in [0, 1] for each path that presets name.
    """
    feather = mask.feather * min(height, width)
    if mask.picture is not None:
        area = resized(pictures[mask.picture].mean(1, keepdim=True), height, width).clamp(0, 1)
        area = gaussian_blur(area, feather / 4)
    else:
        area = _shape(mask, height, width, feather)
    return 1 - area if mask.invert else area


def _shape(mask: Mask, height: int, width: int, feather: float) -> Tensor:
    x = (torch.arange(width) + 0.5).view(1, -1) - mask.center[0] * width
    y = (torch.arange(height) + 0.5).view(-1, 1) - mask.center[1] * height
    half_x, half_y = max(mask.size[0] * width / 2, 1e-3), max(mask.size[1] * height / 2, 1e-3)
    if mask.shape == "ellipse":
        outside = (torch.sqrt((x / half_x) ** 2 + (y / half_y) ** 2) - 1) * min(half_x, half_y)
    else:
        outside = torch.maximum(x.abs() - half_x, y.abs() - half_y).expand(height, width)
    inside = (0.5 - outside / max(feather, 1.0)).clamp(0, 1)
    return smoothstep(inside).view(1, 1, height, width)
