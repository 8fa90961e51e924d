"""Gray pictures of more than 8 bits, whose range their files do not always state."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dreamer.pictures.color import has_profile, to_srgb


def from_gray(image: Image.Image) -> Tensor:
    """A gray image of more than 8 bits (modes I, I;16 and F) as (3, H, W) float32 in [0, 1], sRGB.

    16-bit values are divided by 65535. Files do not state the range of 32-bit and floating-point values: it is taken
    as [0, 1] up to a peak of 16 (highlights over 1 are cut), then as 8 bits, as 16 bits, and else as [0, peak].
    """
    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=1.0, neginf=0.0)
    values = np.clip(values / _white(image.mode, float(values.max())), 0, 1)
    if not has_profile(image):
        return torch.from_numpy(values).expand(3, -1, -1).contiguous()
    shallow = Image.fromarray(np.rint(values * 255).astype(np.uint8))
    shallow.info = image.info
    color = torch.from_numpy(np.array(to_srgb(shallow)))
    return color.permute(2, 0, 1).contiguous().float().div_(255)


def _white(mode: str, peak: float) -> float:
    """The value that stands for white."""
    if mode.startswith("I") and peak <= 65535:
        return 65535.0
    if peak <= 16:
        return 1.0
    return next((white for white in (255.0, 65535.0) if peak <= white), peak)
