"""Heat maps as pictures, alone or over the photo."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

# Dark violet over red to light yellow, of evenly rising lightness, after matplotlib's inferno (CC0).
_STOPS = ((0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99), (212, 72, 66), (245, 125, 21), (250, 193, 39),
          (252, 255, 164))  # fmt: skip


def to_image(picture: Tensor) -> Image.Image:
    """(3, H, W) in [0, 1] to an RGB image."""
    pixels = (picture.detach().cpu().float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels.permute(1, 2, 0).numpy()))


def unit_range(heat: Tensor, *, share: float = 0.995) -> Tensor:
    """(H, W), at least 0, to [0, 1]; the strongest `1 - share` of the pixels are cut off at 1. All 0 stays so."""
    flat = heat.flatten()
    top = flat.kthvalue(max(1, round(share * flat.numel()))).values
    top = torch.where(top > 0, top, flat.max())
    return (heat / top.clamp_min(1e-30)).clamp(0, 1)


def colored(heat: Tensor) -> Tensor:
    """(H, W) in [0, 1] to (3, H, W) in [0, 1], from dark to light."""
    stops = torch.tensor(_STOPS, dtype=torch.float32, device=heat.device) / 255
    place = heat.float().clamp(0, 1) * (len(_STOPS) - 1)
    low = place.floor().long().clamp_max(len(_STOPS) - 2)
    share = (place - low).unsqueeze(-1)
    return (stops[low] * (1 - share) + stops[low + 1] * share).permute(2, 0, 1)


def overlaid(photo: Tensor, heat: Tensor) -> Tensor:
    """A heat map (H, W) in [0, 1] over the gray photo (3, H, W): the hotter, the more of its color."""
    gray = photo.mean(0, keepdim=True).expand(3, -1, -1) * 0.6
    strength = heat.clamp(0, 1).sqrt() * 0.85
    return gray * (1 - strength) + colored(heat) * strength


def smoothed(heat: Tensor, sigma: float) -> Tensor:
    """A heat map (H, W) blurred by a Gaussian of `sigma` px."""
    from dreamer.dreaming.filters import gaussian_blur

    return gaussian_blur(heat[None, None].float(), sigma)[0, 0]


def signed(picture: Tensor) -> Tensor:
    """(3, H, W), signed, to [0, 1] around mid-gray, as deconvnet and guided pictures are shown."""
    spread = picture.abs().flatten().kthvalue(max(1, round(0.998 * picture.numel()))).values.clamp_min(1e-30)
    return (0.5 + 0.5 * picture / spread).clamp(0, 1)


def sized(heat: Tensor, height: int, width: int) -> Tensor:
    """(h, w) resized to (height, width), smoothly."""
    return F.interpolate(heat[None, None].float(), size=(height, width), mode="bilinear", align_corners=False)[0, 0]
