"""Tensors as what drawings take: pictures, and maps of numbers with their color scales."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from dreamer.drawing.color_scales import ColorScale, gray_scale, heat_scale
from dreamer.drawing.sheets import SheetTile

# Of single pixels' numbers the very largest are few and far off: they would leave all others dark.
PIXEL_SHARE = 0.995


def to_image(picture: Tensor) -> Image.Image:
    """(3, H, W) in [0, 1] to an RGB image."""
    pixels = (picture.detach().cpu().float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels.permute(1, 2, 0).numpy()))


def heat_image(heat: Tensor, scale: ColorScale, photo: Tensor | None = None) -> Image.Image:
    """A map of numbers (h, w) in the colors of a scale; over a photo (3, H, W) in [0, 1] in its size, smoothly."""
    if photo is None:
        return scale.image(heat.cpu().float().numpy())
    gray = photo.mean(0).cpu()
    return scale.image(sized(heat.cpu(), *gray.shape).numpy(), gray.numpy())


def heat_tile(
    heat: Tensor, label: str, *, photo: Tensor | None = None, share: float = 1.0, signed: bool | None = None
) -> SheetTile:
    """A map of numbers (h, w) with a color bar of its own, over a photo (3, H, W) where there is one.

    `share` and `signed` as in `heat_scale`.
    """
    numbers = heat.detach().cpu().float().numpy()
    scale = heat_scale(numbers, share=share, signed=signed, over_photo=photo is not None)
    return SheetTile(heat_image(heat.detach(), scale, photo), label, scale)


def signed_tile(picture: Tensor, label: str, *, unit: float = 1.0, caption: str = "") -> SheetTile:
    """A signed picture (3, H, W) around mid-gray, as deconvnets and changes are shown, with the bar of its colors.

    `unit`: what the numbers of the bar are counted in.
    """
    numbers = picture.detach().cpu().float().numpy() / unit
    scale = gray_scale(numbers, share=0.998, caption=caption)
    return SheetTile(to_image(torch.from_numpy(scale.places(numbers))), label, scale)


def smoothed(heat: Tensor, sigma: float) -> Tensor:
    """A heat map (H, W) blurred by a Gaussian of `sigma` px."""
    from dreamer.dreaming.filters import gaussian_blur

    return gaussian_blur(heat[None, None].float(), sigma)[0, 0]


def sized(heat: Tensor, height: int, width: int) -> Tensor:
    """(h, w) resized to (height, width), smoothly."""
    return F.interpolate(heat[None, None].float(), size=(height, width), mode="bilinear", align_corners=False)[0, 0]
