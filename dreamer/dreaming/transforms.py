"""Random transforms of the network's input at a step: a roll, a small rotation and a small change of scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from dreamer.dreaming.sampling import sampled, spread
from dreamer.dreaming.strips import is_large
from dreamer.presets.model.ascent import Transform


@dataclass(frozen=True)
class ViewTransform:
    """A roll by (`rows`, `columns`) px, then a rotation by `angle` radians and an enlargement by `factor`.

    Called with (B, C, H, W) pictures; the size stays.
    """

    rows: int = 0
    columns: int = 0
    angle: float = 0.0
    factor: float = 1.0

    def __call__(self, image: Tensor) -> Tensor:
        """The transformed picture; the picture itself where nothing changes."""
        rolled = torch.roll(image, (self.rows, self.columns), (2, 3)) if self.rows or self.columns else image
        if self.only_rolls:
            return rolled
        return sampled(rolled, _rotated_grid(rolled, self.angle, self.factor))

    @property
    def only_rolls(self) -> bool:
        """Whether every pixel only changes its place."""
        return not self.angle and self.factor == 1

    def window(self, image: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
        """A crop of the transformed picture, which is not made for it; only where it `only_rolls`."""
        for dim, first, length in ((2, top - self.rows, height), (3, left - self.columns, width)):
            image = _wrapped(image, dim, first % image.shape[dim], length)
        return image

    def pulled_back(self, gradient: Tensor) -> Tensor:
        """The gradient by the picture for a gradient by the transformed picture, which may be written over."""
        if not self.only_rolls:
            gradient = spread(gradient, _rotated_grid(gradient, self.angle, self.factor))
        if not (self.rows or self.columns):
            return gradient
        if not is_large(gradient):
            return torch.roll(gradient, (-self.rows, -self.columns), (2, 3))
        for channel in range(gradient.shape[1]):
            plane = gradient[:, channel]
            plane.copy_(torch.roll(plane, (-self.rows, -self.columns), (1, 2)))
        return gradient


def random_transform(jitter: int, view: Transform, size: tuple[int, int], generator: Generator) -> ViewTransform:
    """This step's transform of pictures of `size`.

    The roll by at most `jitter` px keeps the network's grid and borders from burning into the picture (Mordvintsev
    2015); scaling and rotation make what grows look right from near and far (Olah et al. 2017).
    """
    limit = (min(jitter, size[0] - 1), min(jitter, size[1] - 1))
    rows, columns = (int(torch.randint(-most, most + 1, (), generator=generator)) for most in limit)
    turn, stretch = (float(value) for value in torch.rand(2, generator=generator) * 2 - 1)
    return ViewTransform(rows, columns, math.radians(turn * view.rotate), math.exp(stretch * math.log1p(view.scale)))


def _wrapped(image: Tensor, dim: int, first: int, length: int) -> Tensor:
    """`length` px from `first` on along an axis at whose end it begins anew."""
    before_the_end = min(length, image.shape[dim] - first)
    part = image.narrow(dim, first, before_the_end)
    return part if before_the_end == length else torch.cat([part, image.narrow(dim, 0, length - before_the_end)], dim)


def _rotated_grid(image: Tensor, angle: float, factor: float) -> Tensor:
    """Where the pixels of a picture rotated and enlarged about its center come from, as grid_sample takes it."""
    height, width = image.shape[-2:]
    cos, sin, aspect = math.cos(angle) / factor, math.sin(angle) / factor, width / height
    # Not affine_grid, whose matrix would be copied to the device, and waited for, at every step.
    y = ((2 * torch.arange(height, device=image.device) + 1) / height - 1).view(-1, 1)
    x = ((2 * torch.arange(width, device=image.device) + 1) / width - 1).view(1, -1)
    return torch.stack([cos * x - sin / aspect * y, sin * aspect * x + cos * y], 2)
