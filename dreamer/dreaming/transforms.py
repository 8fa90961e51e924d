"""Random transforms of the network's input at a step: a roll, a small rotation and a small change of scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dreamer.dreaming.sampling import sampled, spread
from dreamer.dreaming.strips import is_large
from dreamer.dreaming.wrapping import folded, surrounded, window
from dreamer.presets.model.ascent import Transform
from dreamer.presets.model.canvas import FLAT, Wraps


@dataclass(frozen=True)
class ViewTransform:
    """A roll by (`rows`, `columns`) px, then a rotation by `angle` radians and an enlargement by `factor`.

    Called with (B, C, H, W) pictures; the size stays. What a turned view shows from outside is mirrored, or on axes
    that wrap from the opposite side.
    """

    rows: int = 0
    columns: int = 0
    angle: float = 0.0
    factor: float = 1.0
    wraps: Wraps = FLAT

    def __call__(self, image: Tensor) -> Tensor:
        """The transformed picture; the picture itself where nothing changes."""
        rolled = torch.roll(image, (self.rows, self.columns), (2, 3)) if self.rows or self.columns else image
        if self.only_rolls:
            return rolled
        return sampled(surrounded(rolled, *self._around), self._rotated_grid(rolled))

    @property
    def only_rolls(self) -> bool:
        """Whether every pixel only changes its place."""
        return not self.angle and self.factor == 1

    def window(self, image: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
        """A crop of the transformed picture, which is not made for it; only where it `only_rolls`."""
        top, left = (top - self.rows) % image.shape[2], (left - self.columns) % image.shape[3]
        return window(image, top, left, height, width)

    def pulled_back(self, gradient: Tensor) -> Tensor:
        """The gradient by the picture for a gradient by the transformed picture, which may be written over."""
        if not self.only_rolls:
            gradient = self._spread(gradient)
        if not (self.rows or self.columns):
            return gradient
        if not is_large(gradient):
            return torch.roll(gradient, (-self.rows, -self.columns), (2, 3))
        for channel in range(gradient.shape[1]):
            plane = gradient[:, channel]
            plane.copy_(torch.roll(plane, (-self.rows, -self.columns), (1, 2)))
        return gradient

    def _spread(self, gradient: Tensor) -> Tensor:
        rows, columns = self._around
        grid = self._rotated_grid(gradient)
        if not rows and not columns:
            return spread(gradient, grid)
        # Nothing comes from the places that make it as large as what was sampled.
        gradient = F.pad(gradient, (columns, columns, rows, rows))
        grid = F.pad(grid, (0, 0, columns, columns, rows, rows))
        return folded(spread(gradient, grid), rows, columns)

    @property
    def _around(self) -> tuple[int, int]:
        """Rows and columns from the opposite side that interpolation looks at."""
        return int(self.wraps[0]), int(self.wraps[1])

    def _rotated_grid(self, image: Tensor) -> Tensor:
        """Where the pixels of a picture rotated and enlarged about its center come from, as grid_sample takes it."""
        height, width = image.shape[-2:]
        cos, sin, aspect = math.cos(self.angle) / self.factor, math.sin(self.angle) / self.factor, width / height
        # Not affine_grid, whose matrix would be copied to the device, and waited for, at every step.
        y = ((2 * torch.arange(height, device=image.device) + 1) / height - 1).view(-1, 1)
        x = ((2 * torch.arange(width, device=image.device) + 1) / width - 1).view(1, -1)
        across, down = cos * x - sin / aspect * y, sin * aspect * x + cos * y
        if self.wraps[0]:
            down = _from_other_side(down, height)
        if self.wraps[1]:
            across = _from_other_side(across, width)
        return torch.stack([across, down], 2)


def _from_other_side(places: Tensor, length: int) -> Tensor:
    """Places in [-1, 1] from edge to edge, those beyond one at the other, in a picture with 1 px more around it."""
    return ((places + 1) % 2 - 1) * (length / (length + 2))


def random_transform(
    jitter: int, view: Transform, size: tuple[int, int], generator: Generator, wraps: Wraps = FLAT
) -> ViewTransform:
    """This step's transform of pictures of `size`.

    The roll by at most `jitter` px keeps the network's grid and borders from burning into the picture (Mordvintsev
    2015); scaling and rotation make what grows look right from near and far (Olah et al. 2017). A turned view of a
    picture that wraps has edges that do not meet; a roll of any length spreads them evenly.
    """
    turned = view.rotate > 0 or view.scale > 0
    limit = [side - 1 if wrap and turned else min(jitter, side - 1) for side, wrap in zip(size, wraps, strict=True)]
    rows, columns = (int(torch.randint(-most, most + 1, (), generator=generator)) for most in limit)
    turn, stretch = (float(value) for value in torch.rand(2, generator=generator) * 2 - 1)
    angle, factor = math.radians(turn * view.rotate), math.exp(stretch * math.log1p(view.scale))
    return ViewTransform(rows, columns, angle, factor, wraps)
