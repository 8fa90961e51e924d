"""The bar that says which number a color stands for."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from dreamer.drawing.color_scales import ColorScale
from dreamer.drawing.style import BACKGROUND, FRAME, TEXT, fit_text, font
from dreamer.drawing.ticks import round_step

STRIP = 9
_TICK, _SIZE, _LINE = 3, 11, 14
_LABEL_WIDTH = 44  # what a number and the room beside it take
_MIDDLE_GRAY = 0.5


def bar_height(scale: ColorScale) -> int:
    """How high the bar of a scale is, in px."""
    return STRIP + _TICK + _LINE + (_LINE if scale.caption else 0)


def color_bar(scale: ColorScale, width: int) -> Image.Image:
    """A strip of the scale's colors above its numbers, and its caption; RGB, `width` px wide.

    An end beyond which numbers lie is pointed.
    """
    image = Image.new("RGB", (width, bar_height(scale)), BACKGROUND)
    corners = _corners(scale, width)
    mask = Image.new("L", (width, STRIP))
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    image.paste(_strip(scale, width), mask=mask)
    draw = ImageDraw.Draw(image)
    draw.polygon(corners, outline=FRAME)
    for value in bar_ticks(scale.low, scale.high, max(2, width // _LABEL_WIDTH)):
        x = float(scale.places(np.array(value))) * (width - 1)
        draw.line((x, STRIP, x, STRIP + _TICK - 1), fill=TEXT)
        text = _written(value)
        half = font(_SIZE).getlength(text) / 2
        draw.text((min(max(x, half), width - half), STRIP + _TICK), text, fill=TEXT, font=font(_SIZE), anchor="ma")
    if scale.caption:
        caption = fit_text(scale.caption, width, _SIZE)
        draw.text((0, STRIP + _TICK + _LINE), caption, fill=TEXT, font=font(_SIZE))
    return image


def bar_ticks(low: float, high: float, count: int) -> list[float]:
    """At most `count` round numbers, evenly spread from `low` to `high`; both ends where fewer than two are round."""
    step = round_step((high - low) / count)
    ticks = [number * step for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    return ticks if 2 <= len(ticks) <= count else [low, high]


def _written(value: float) -> str:
    """Three digits, and no exponent where six places do."""
    return f"{float(f'{value:.3g}'):g}"


def _strip(scale: ColorScale, width: int) -> Image.Image:
    values = np.tile(np.linspace(scale.low, scale.high, width), (STRIP, 1))
    return scale.image(values, np.full_like(values, _MIDDLE_GRAY) if scale.over_photo else None)


def _corners(scale: ColorScale, width: int) -> list[tuple[int, int]]:
    """The outline of the strip, clockwise from the left end of its top."""
    right, bottom, middle = width - 1, STRIP - 1, STRIP // 2
    above = middle if scale.clipped else 0
    below = above if scale.low < 0 else 0
    return [(below, 0), (right - above, 0), (right, middle), (right - above, bottom), (below, bottom), (0, middle)]
