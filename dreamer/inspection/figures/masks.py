"""Masks over their photos."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from dreamer.inspection.heatmaps import to_image
from dreamer.inspection.photos import Photo

# What stays keeps this much of its light, and none of its colors.
_DIMMED = 0.3
_LINE = (1.0, 0.83, 0.1)


def draw_mask_over(photo: Photo, mask: Tensor) -> Image.Image:
    """The photo with what the mask, (1, 1, H, W) in [0, 1], leaves out dim and gray, and a line where it is half."""
    pixels = photo.pixels[0].cpu()
    dim = _DIMMED * pixels.mean(0, keepdim=True)
    inside = (mask > 0.5).float()
    width = max(1, round(min(mask.shape[-2:]) / 300))
    line = F.max_pool2d(inside, 2 * width + 1, 1, width) - inside
    drawn = torch.lerp(dim.expand_as(pixels), pixels, mask[0])
    return to_image(torch.lerp(drawn, torch.tensor(_LINE).view(3, 1, 1).expand_as(drawn), line[0]))


def draw_mask_alone(mask: Tensor) -> Image.Image:
    """(1, 1, H, W) in [0, 1] as a gray picture, white where it is 1."""
    return to_image(mask[0].expand(3, -1, -1)).convert("L")
