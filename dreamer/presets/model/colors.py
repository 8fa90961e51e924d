"""Colors as people write them: "white", "lightgray", "#c8c8c8"."""

from __future__ import annotations

import re
from typing import Annotated

from PIL import ImageColor
from pydantic import AfterValidator

from dreamer.errors import nearest
from dreamer.presets.model.fields import Spelling, mistake

COLOR_FORMS = 'by its name in CSS or as "#rrggbb"'
_CODE = re.compile(r"#[0-9a-fA-F]{6}")
# Mid-gray is the middle of the range of values, from which penalties and decays count, not 128 of 255.
_MIDDLE = ("gray", "grey")
_SOURCES = ("photo", "noise")


def is_color(text: str) -> bool:
    """Whether a text is a color: one of the CSS names, in any case, or "#rrggbb"."""
    return _CODE.fullmatch(text) is not None or text.lower() in ImageColor.colormap


def color_values(color: str) -> tuple[float, float, float]:
    """(red, green, blue) in [0, 1], sRGB, of a color for which `is_color` holds; "gray" is 0.5."""
    if color.lower() in _MIDDLE:
        return 0.5, 0.5, 0.5
    red, green, blue = ImageColor.getrgb(color)[:3]
    return red / 255, green / 255, blue / 255


def _checked_color(text: str) -> str:
    if is_color(text):
        return text
    raise mistake("color", _refused(text, "a color", tuple(ImageColor.colormap)))


def _checked_start(text: str) -> str:
    if text in _SOURCES or is_color(text):
        return text
    raise mistake("color", _refused(text, '"photo", "noise" or a color', (*_SOURCES, *ImageColor.colormap)))


def _refused(text: str, wanted: str, names: tuple[str, ...]) -> str:
    near = nearest(text, names, 1)
    guess = f'; did you mean "{near[0]}"?' if near else ""
    return f'"{text}" is not {wanted}, {COLOR_FORMS}{guess}'


Color = Annotated[str, AfterValidator(_checked_color), Spelling('a color such as "white" or "#c8c8c8"', ())]
Start = Annotated[
    str,
    AfterValidator(_checked_start),
    Spelling(
        '"photo", "noise" or a color such as "gray" or "#c8c8c8"', ({"enum": [*_SOURCES, "gray", "white", "black"]},)
    ),
]
