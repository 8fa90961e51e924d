"""Random transforms of the network's input at a step: a roll, a small rotation and a small change of scale."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dreamer.presets.model.ascent import Transform

ViewTransform = Callable[[Tensor], Tensor]


def random_transform(jitter: int, view: Transform, size: tuple[int, int], generator: Generator) -> ViewTransform:
    """This step's transform of (B, C, H, W) pictures of `size`: differentiable, and the size stays.

    The roll by at most `jitter` px keeps the network's grid and borders from burning into the picture (Mordvintsev
    2015); scaling and rotation make what grows look right from near and far (Olah et al. 2017).
    """
    limit = (min(jitter, size[0] - 1), min(jitter, size[1] - 1))
    rows, columns = (int(torch.randint(-most, most + 1, (), generator=generator)) for most in limit)
    turn, stretch = (float(value) for value in torch.rand(2, generator=generator) * 2 - 1)
    angle = math.radians(turn * view.rotate)
    factor = math.exp(stretch * math.log1p(view.scale))

    def transform(image: Tensor) -> Tensor:
        rolled = torch.roll(image, (rows, columns), (2, 3)) if rows or columns else image
        if not angle and factor == 1:
            return rolled
        return _rotated(rolled, angle, factor)

    return transform


def _rotated(image: Tensor, angle: float, factor: float) -> Tensor:
    """Rotate by `angle` radians and enlarge by `factor` about the center, mirrored at the borders."""
    height, width = image.shape[-2:]
    cos, sin, aspect = math.cos(angle) / factor, math.sin(angle) / factor, width / height
    # Not affine_grid, whose matrix would be copied to the device, and waited for, at every step.
    y = ((2 * torch.arange(height, device=image.device) + 1) / height - 1).view(-1, 1)
    x = ((2 * torch.arange(width, device=image.device) + 1) / width - 1).view(1, -1)
    grid = torch.stack([cos * x - sin / aspect * y, sin * aspect * x + cos * y], 2)
    grid = grid.expand(len(image), height, width, 2)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
