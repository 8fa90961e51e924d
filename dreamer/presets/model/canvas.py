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
# Names of what is found in a photo.
SUBJECT, FIND, FACES = "subject", "find", "faces"


class Mask(Table):
    """Where the dream may paint: 1 inside, 0 outside, with a soft edge."""

    picture: str | None = described(
        None,
        "path of a picture: white dreams, black stays; stretched to the canvas. A film or animated picture gives each "
        "frame of a film its own, and the last one to those after its end",
    )
    shape: Literal["ellipse", "rectangle"] | None = described(None, "a shape in place of a picture")
    subject: bool = described(False, "what the photo is about, found by the network, up to its edges in the photo")
    find: str | None = described(
        None, 'where the photo shows a class of the network, or any class of a word such as "dog", up to its edges'
    )
    center: Annotated[tuple[Share, Share], Unit("share of the canvas")] = described(
        (0.5, 0.5), "x and y of the shape's center"
    )
    size: Annotated[tuple[Share, Share], Unit("share of the canvas")] = described(
        (0.7, 0.7), "width and height of the shape"
    )
    grow: Annotated[float, Unit("share of the shorter side")] = described(
        0.0, "how far the mask reaches beyond its edge; negative draws it back", ge=-0.5, le=0.5
    )
    feather: Annotated[float | None, Unit("share of the shorter side"), Field(ge=0, le=1)] = described(
        None, "width of the soft edge; omitted: 0.1, and 0.02 for subject and find, which know the photo's edges"
    )
    invert: bool = described(False, "dream outside and leave the inside")

    @property
    def area(self) -> str | None:
        """The name of what has to be found in the photo for this mask; None where nothing has to."""
        return SUBJECT if self.subject else None if self.find is None else f"{FIND} {self.find}"

    @property
    def softness(self) -> float:
        """Width of the soft edge, a share of the shorter side."""
        if self.feather is not None:
            return self.feather
        return 0.1 if self.area is None else 0.02

    @model_validator(mode="after")
    def _one_source(self) -> Mask:
        given = [self.picture is not None, self.shape is not None, self.subject, self.find is not None]
        if sum(given) != 1:
            raise mistake(CONTRADICTION, "give one of picture, shape, subject or find")
        if self.find is not None and not self.find.strip():
            raise mistake(CONTRADICTION, "names nothing to find", "find")
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
    protect: Literal["faces"] | None = described(
        None, "what stays as it is in the photo, wherever the mask is: faces, with a soft edge; needs dreamer[faces]"
    )

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
