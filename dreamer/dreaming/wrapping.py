"""Pictures that go on at their opposite sides: wallpaper on both axes, a panorama from left to right."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.presets.model.canvas import Wraps


def window(image: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """A crop of (B, C, H, W), in px; what lies outside is taken from the opposite side."""
    return _span(_span(image, 2, top, height), 3, left, width)


def surrounded(image: Tensor, rows: int, columns: int) -> Tensor:
    """(B, C, H, W) with `rows` px more above and below and `columns` px more at either side, from the other side."""
    height, width = image.shape[-2:]
    return window(image, -rows, -columns, height + 2 * rows, width + 2 * columns)


def folded(gradient: Tensor, rows: int, columns: int) -> Tensor:
    """The gradient by a picture for one by the picture `surrounded` by at most as many px as it has."""
    height, width = gradient.shape[2] - 2 * rows, gradient.shape[3] - 2 * columns
    inner = gradient[:, :, rows : rows + height].clone()
    inner[:, :, height - rows :] += gradient[:, :, :rows]
    inner[:, :, :rows] += gradient[:, :, rows + height :]
    result = inner[..., columns : columns + width].clone()
    result[..., width - columns :] += inner[..., :columns]
    result[..., :columns] += inner[..., columns + width :]
    return result


def _span(image: Tensor, dim: int, first: int, extent: int) -> Tensor:
    length = image.shape[dim]
    if first >= 0 and first + extent <= length:
        return image.narrow(dim, first, extent)
    if extent > length:
        return image.index_select(dim, torch.arange(first, first + extent, device=image.device) % length)
    first %= length
    part = image.narrow(dim, first, min(extent, length - first))
    rest = extent - part.shape[dim]
    return torch.cat([part, image.narrow(dim, 0, rest)], dim) if rest else part


def interpolated(
    image: Tensor, height: int, width: int, wraps: Wraps, *, mode: str = "bilinear", antialias: bool = False
) -> Tensor:
    """(B, C, H, W) to (B, C, height, width) by `mode`, which on axes that wrap looks around the edge."""
    (above, above_after), (beside, beside_after) = (
        _margins(before, after) if wrap else (0, 0)
        for before, after, wrap in zip(image.shape[-2:], (height, width), wraps, strict=True)
    )
    size = (height + 2 * above_after, width + 2 * beside_after)
    whole = F.interpolate(
        surrounded(image, above, beside), size=size, mode=mode, antialias=antialias, align_corners=False
    )
    return whole[..., above_after : above_after + height, beside_after : beside_after + width]


def _margins(before: int, after: int) -> tuple[int, int]:
    """Px around an axis before and after its resampling, which are whole numbers at exactly its ratio."""
    shared = math.gcd(before, after)
    reach = 2 * max(1.0, before / after) + 1
    count = math.ceil(reach * shared / before)
    return count * before // shared, count * after // shared


def mirrored(image: Tensor, height: int, width: int) -> Tensor:
    """(B, C, H, W) in the middle of height x width px, which are no fewer: around it, what is seen in mirrors."""
    for dim, wanted in ((2, height), (3, width)):
        length = image.shape[dim]
        if wanted != length:
            places = torch.arange(wanted, device=image.device) - (wanted - length) // 2
            turn = max(2 * (length - 1), 1)  # from the first pixel to the last and back
            places = places % turn
            image = image.index_select(dim, torch.minimum(places, turn - places))
    return image


def joined_up(photo: Tensor, wraps: Wraps) -> Tensor:
    """(B, C, H, W) whose opposite edges meet on axes that wrap: its jumps there are led smoothly into the picture.

    Edges that differ no more than neighbors elsewhere meet already, and stay. Moisan 2011, "Periodic plus smooth image
    decomposition".
    """
    jumps = torch.zeros_like(photo)
    for dim, wrap in zip((2, 3), wraps, strict=True):
        if wrap:
            jump = photo.narrow(dim, photo.shape[dim] - 1, 1) - photo.narrow(dim, 0, 1)
            steps = photo.diff(dim=dim).abs().mean((1, 5 - dim)).amax(1)
            jump = jump * (jump.abs().mean((1, 2, 3)) > steps).view(-1, 1, 1, 1)
            jumps.narrow(dim, 0, 1).add_(jump)
            jumps.narrow(dim, photo.shape[dim] - 1, 1).sub_(jump)
    height, width = photo.shape[-2:]
    rows = 2 * torch.cos(2 * math.pi * torch.fft.fftfreq(height, device=photo.device)).view(-1, 1)
    columns = 2 * torch.cos(2 * math.pi * torch.fft.rfftfreq(width, device=photo.device)).view(1, -1)
    laplacian = rows + columns - 4
    laplacian[0, 0] = -1  # of the mean, which is to stay: the jumps add up to nothing
    smooth = torch.fft.irfft2(torch.fft.rfft2(jumps) / laplacian, s=(height, width))
    joined: Tensor = photo - smooth
    return joined
