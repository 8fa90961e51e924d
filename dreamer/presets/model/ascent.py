"""The `[ascent]` table: the gradient steps at one octave."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field

from dreamer.presets.model.fields import Table, described
from dreamer.presets.model.octaves import refuse_other_length
from dreamer.presets.model.schedules import ScheduledSigma, ScheduledStepSize

Jitter = Annotated[int, Field(ge=0, le=512)]


class Transform(Table):
    """A small random change of view before each step, so that what grows looks right from near and far."""

    scale: Annotated[float, Unit("share")] = described(0.0, "largest change of size, up or down", ge=0, le=0.5)
    rotate: Annotated[float, Unit("degrees")] = described(0.0, "largest rotation, either way", ge=0, le=180)


class Ascent(Table):
    """The gradient steps at one octave."""

    step_size: ScheduledStepSize = described(
        0.02,
        "size of a step, a number or { from, to }, or a list of these, one for each octave; with normalization max the "
        "largest change of a value in [0, 1]",
    )
    normalization: Literal["max", "mean", "std", "rms", "none"] = described(
        "max", "what the gradient is divided by: its largest magnitude, mean magnitude, deviation, root mean square"
    )
    bands: int = described(
        0, "split the gradient in this many Laplacian bands and normalize each; 0: do not split", ge=0, le=10
    )
    optimizer: Literal["plain", "adam"] = described(
        "plain", "plain: gradient steps; adam: each value has its own step size (suits the Fourier canvas)"
    )
    momentum: float = described(0.0, "share of the last step that goes on (optimizer plain)", ge=0, lt=1)
    jitter: Annotated[Jitter | tuple[Jitter, ...], Unit("px")] = described(
        32, "largest random roll before each step; a list gives each octave its own"
    )
    transform: Transform = described(Transform(), "random change of view before each step")
    smooth: ScheduledSigma = described(0.0, "Gaussian blur of the gradient before each step, written as step_size is")
    blur: ScheduledSigma = described(0.0, "Gaussian blur of the picture between steps, written as step_size is")
    blur_every: Annotated[int, Unit("steps")] = described(1, "blur the picture after every N steps", ge=1, le=1000)
    decay: float = described(
        0.0, "L2 decay: share of each value's distance from the plain canvas lost a step", ge=0, lt=1
    )
    clip_small_norm: float = described(
        0.0,
        "each step gives up this share of the pixels, those of smallest norm: back to the plain canvas or the photo",
        ge=0,
        lt=1,
    )
    clip_small_contribution: float = described(
        0.0, "each step gives up this share of the pixels, those that add least to the target", ge=0, lt=1
    )

    def fit(self, octaves: int) -> None:
        """Raise the mistake where a list has not one value for each of that many octaves."""
        for key in type(self).model_fields:
            refuse_other_length(getattr(self, key), octaves, "ascent", key)
