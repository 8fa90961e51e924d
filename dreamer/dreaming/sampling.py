"""Bilinear sampling of pictures at moved positions, and its way back, on a GPU with the same bits each time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Contributions are rounded to this share of the largest gradient before they are added.
STEPS = 2.0**36
_BILINEAR, _REFLECTION = 0, 2  # as the operator behind grid_sample numbers them


def sampled(image: Tensor, grid: Tensor) -> Tensor:
    """(B, C, H, W) at the positions `grid`, (h, w, 2) in [-1, 1] as of `grid_sample`; mirrored at the borders."""
    positions = grid.expand(len(image), *grid.shape)
    return F.grid_sample(image, positions, mode="bilinear", padding_mode="reflection", align_corners=False)


def spread(gradient: Tensor, grid: Tensor) -> Tensor:
    """The way back of `sampled` for pictures that keep their size: (B, C, H, W) to the gradient by the picture.

    A GPU adds what comes to a pixel in any order, so torch's own way back differs there from run to run.
    """
    if gradient.device.type != "cpu":
        return _spread_in_integers(gradient, grid)
    positions = grid.expand(len(gradient), *grid.shape)
    result: Tensor = torch.ops.aten.grid_sampler_2d_backward(
        gradient, gradient, positions, _BILINEAR, _REFLECTION, False, (True, False)
    )[0]
    return result


def _spread_in_integers(gradient: Tensor, grid: Tensor) -> Tensor:
    """Contributions as integers, whose sum does not depend on their order."""
    height, width = gradient.shape[-2:]
    x, y = _position(grid[..., 0], width), _position(grid[..., 1], height)
    left, top = x.floor(), y.floor()
    flat = gradient.reshape(-1, height * width)
    scale = STEPS / flat.abs().amax().clamp_min(1e-20)
    total = torch.zeros(flat.shape, dtype=torch.int64, device=flat.device)
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        weight = (1 - (y - row).abs()) * (1 - (x - column).abs())
        # Past the last row or column the weight is 0.
        place = row.clamp(max=height - 1) * width + column.clamp(max=width - 1)
        total.index_add_(1, place.long().flatten(), (flat * weight.flatten() * scale).round().long())
    return (total / scale).to(gradient.dtype).reshape(gradient.shape)


def _position(coordinate: Tensor, length: int) -> Tensor:
    """A coordinate in [-1, 1], borders at half a pixel outside, in px along an axis; mirrored at the borders."""
    from_border = (((coordinate + 1) * length - 1) / 2 + 0.5).abs()
    turns, rest = torch.div(from_border, length, rounding_mode="floor"), torch.fmod(from_border, length)
    return (torch.where(turns % 2 == 0, rest, length - rest) - 0.5).clamp(0, length - 1)
