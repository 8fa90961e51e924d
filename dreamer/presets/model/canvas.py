"""The `[canvas]` table: the picture that is dreamt on, and where the dream may paint."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field, model_validator

from dreamer.presets.model.colors import COLOR_FORMS, Color, Start, color_values, is_color
from dreamer.presets.model.fields import CONTRADICTION, Share, Table, described, mistake

Side = Annotated[int, Field(ge=16, le=65536)]
Wraps = tuple[bool, bool]
"""Whether the rows of a picture go on at its other end, and whether its columns do."""
FLAT: Wraps = (False, False)


class Mask(Table):
    """Where the dream may paint: 1 inside, 0 outside, with a soft edge."""

    picture: str | None = described(None, "path of a picture: white dreams, black stays; stretched to the canvas")
    shape: Literal["ellipse", "rectangle"] | None = described(None, "a shape in place of a picture")
    center: Annotated[tuple[Share, Share], Unit("share of the canvas")] = described(
        (0.5, 0.5), "x and y of the shape's center"
    )
    size: Annotated[tuple[Share, Share], Unit("share of the canvas")] = described(
        (0.7, 0.7), "width and height of the shape"
    )
    feather: Annotated[float, Unit("share of the shorter side")] = described(0.1, "width of the soft edge", ge=0, le=1)
    invert: bool = described(False, "dream outside and leave the inside")

    @model_validator(mode="after")
    def _one_source(self) -> Mask:
        if (self.picture is None) == (self.shape is None):
            raise mistake(CONTRADICTION, "give either picture or shape")
        return self


class Canvas(Table):
    """The picture that is dreamt on."""

    start: Start = described("photo", f"what the canvas starts as: the photo, noise, or one color, {COLOR_FORMS}")
    size: Annotated[Side | tuple[Side, Side] | None, Unit("px")] = described(
        None,
        "longest side, or [width, height] (cropped to fit); omitted: that of octaves.sizes, else the photo's own, "
        "512 without a photo",
    )
    space: Literal["pixels", "fourier"] = described(
        "pixels", "what the gradient steps change: pixels, or Fourier coefficients with decorrelated color"
    )
    noise: Literal["white", "pink", "brown", "blue", "gray"] = described(
        "pink", 'spectrum of the noise for start = "noise"; gray is pink without color'
    )
    contrast: float = described(0.1, "standard deviation of the noise around its background", ge=0, le=0.5)
    background: Color = described("gray", f"the color that noise lies around, {COLOR_FORMS}")
    seamless: Literal["x", "y", "both"] | None = described(
        None,
        "let the picture go on at its other side, from left to right (x, a 360-degree panorama), from top to bottom "
        "(y) or on both (wallpaper); such a side is rounded to a multiple of the network's stride",
    )
    mask: Mask | None = described(None, "where the dream may paint; omitted: everywhere")

    @property
    def wraps(self) -> Wraps:
        """On which axes the picture goes on at its other side."""
        return self.seamless in ("y", "both"), self.seamless in ("x", "both")

    @property
    def plain_color(self) -> tuple[float, float, float]:
        """(red, green, blue) in [0, 1] of the canvas without noise, and what it fades to where no photo is."""
        return color_values(self.start if is_color(self.start) else self.background)

    @property
    def start_name(self) -> str:
        """What the canvas starts as, as a part of a file name."""
        return self.start.removeprefix("#")
