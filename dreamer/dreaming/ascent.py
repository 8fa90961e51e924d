"""The gradient steps at one octave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from dreamer.dreaming.canvas import Parameterization
from dreamer.dreaming.filters import blurred, luma
from dreamer.dreaming.gradient import TargetGradient
from dreamer.dreaming.normalization import band_normalized, normalized
from dreamer.dreaming.penalties import Regularization
from dreamer.dreaming.strips import copied, difference, updated, zeros_like
from dreamer.dreaming.transforms import random_transform
from dreamer.presets.model.ascent import Ascent
from dreamer.presets.model.canvas import FLAT, Wraps
from dreamer.presets.model.schedules import Progress, at_octave, value_at


class Optimizer(Protocol):
    """Turns a normalized gradient into a direction to step in."""

    def __call__(self, gradient: Tensor) -> Tensor:
        """A direction of the gradient's shape, about as large."""


class Momentum:
    """Gradient ascent with momentum: `share` of the last direction is kept (0: plain)."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._last: Tensor | None = None

    def __call__(self, gradient: Tensor) -> Tensor:
        """The direction, of the gradient's size."""
        if self._share == 0:
            return gradient
        last = zeros_like(gradient) if self._last is None else self._last
        self._last = updated(last, lambda last, now: self._share * last + (1 - self._share) * now, gradient)
        return self._last


class Adam:
    """Kingma & Ba 2015, with its standard constants: each value steps by about 1."""

    def __init__(self) -> None:
        self._count = 0

    _mean: Tensor
    _square: Tensor

    def __call__(self, gradient: Tensor) -> Tensor:
        """The direction, about 1 in size in every value."""
        if self._count == 0:
            self._mean, self._square = zeros_like(gradient), zeros_like(gradient)
        self._count += 1
        self._mean = updated(self._mean, lambda mean, now: mean.lerp(now, 0.1), gradient)
        self._square = updated(self._square, lambda square, now: square.lerp(now.square(), 0.001), gradient)
        return updated(gradient, self._direction, self._mean, self._square)

    def _direction(self, gradient: Tensor, mean: Tensor, square: Tensor) -> Tensor:
        return (mean / (1 - 0.9**self._count)) / ((square / (1 - 0.999**self._count)).sqrt() + 1e-8)


@dataclass(frozen=True)
class Pace:
    """Where an octave's steps stand in the whole run: `before` of all `total` steps are taken when it begins."""

    octave: int
    before: int
    total: int

    def at(self, step: int, count: int) -> Progress:
        """The progress of step `step`, from 0, of the octave's `count`: 0 at the first and 1 at the last."""
        run = (self.before + step) / max(self.total - 1, 1)
        return Progress(self.octave, step / max(count - 1, 1), run)


@dataclass(frozen=True)
class OctaveAscent:
    """One octave's ascent. `photo`: (B, 3, H, W), the canvas without a dream; `mask`: where the dream may paint.

    `rest`: what blur and decay lead back to, broadcast to the photo: the photo itself where the canvas started from
    one, so that they change only what was dreamt, else its plain color. `pace`: where each step stands.
    `wraps`: on which axes the picture goes on at its other side.
    """

    ascent: Ascent
    gradient: TargetGradient
    regularization: Regularization
    photo: Tensor
    mask: Tensor | None
    keep_colors: bool
    rest: Tensor
    pace: Pace
    wraps: Wraps = FLAT

    def steps(
        self, canvas: Parameterization, count: int, randomness: Callable[[int], Generator]
    ) -> Iterator[tuple[int, Tensor]]:
        """Take `count` steps on `canvas`; after each, yield its number from 1 and the objective (B,) before it.

        `randomness(step)` gives each step its own generator.
        """
        optimizer: Optimizer = Adam() if self.ascent.optimizer == "adam" else Momentum(self.ascent.momentum)
        height, width = self.photo.shape[-2:]
        for step in range(count):
            progress = self.pace.at(step, count)
            generator = randomness(step)
            jitter = at_octave(self.ascent.jitter, progress.octave)
            transform = random_transform(jitter, self.ascent.transform, (height, width), generator, self.wraps)
            shift = tuple(int(n) for n in torch.randint(0, 1 << 16, (2,), generator=generator))
            gradient, objective = self.gradient(canvas.picture(), self.photo, transform, (shift[0], shift[1]))
            raw = copied(gradient) if self.ascent.clip_small_contribution else None
            gradient = canvas.pulled_back(self._shaped(gradient, canvas.picture(), progress))
            gradient = normalized(gradient, self.ascent.normalization)
            size = value_at(self.ascent.step_size, progress) * self.regularization.step_factor
            canvas.moved(optimizer(gradient), size)
            del gradient
            self._regularize(canvas, raw, step, progress)
            yield step + 1, objective

    def _shaped(self, gradient: Tensor, image: Tensor, progress: Progress) -> Tensor:
        """Penalties, bands, smoothing, colors and mask, in this order."""
        gradient = self.regularization.subtracted_from(gradient, image, self.photo, self.wraps)
        if self.ascent.bands:
            gradient = band_normalized(gradient, self.ascent.bands, self.wraps)
        gradient = blurred(gradient, value_at(self.ascent.smooth, progress), self.wraps)
        if self.keep_colors:
            gradient = updated(gradient, lambda part: luma(part).expand_as(part))
        return gradient if self.mask is None else updated(gradient, torch.mul, self.mask)

    def _regularize(self, canvas: Parameterization, gradient: Tensor | None, step: int, progress: Progress) -> None:
        """What acts on the picture itself, after a step (Yosinski et al. 2015, section 3).

        `gradient`: as the network gave it, where the ascent clips by it.
        """
        ascent = self.ascent
        sigma = value_at(ascent.blur, progress) if (step + 1) % ascent.blur_every == 0 else 0.0
        if not (sigma or ascent.decay or ascent.clip_small_norm or ascent.clip_small_contribution):
            return
        dream = blurred(difference(canvas.picture(), self.rest), sigma, self.wraps)
        dream = updated(dream, lambda part: part * (1 - ascent.decay))
        if ascent.clip_small_norm:
            kept = above_share(dream.norm(dim=1, keepdim=True), ascent.clip_small_norm)
            dream = updated(dream, torch.mul, kept)
        if gradient is not None:
            contribution = updated(gradient, torch.mul, dream).sum(1, keepdim=True).abs()
            kept = above_share(contribution, ascent.clip_small_contribution)
            dream = updated(dream, torch.mul, kept)
        canvas.replaced(updated(dream, torch.add, self.rest))


def above_share(values: Tensor, share: float) -> Tensor:
    """(B, 1, H, W) to 0 for the given share of the smallest values of each picture, 1 for the others."""
    flat = values.flatten(1)
    rank = max(1, round(share * flat.shape[1]))
    threshold = flat.kthvalue(rank, dim=1).values.view(-1, 1, 1, 1)
    return (values > threshold).to(values.dtype)
