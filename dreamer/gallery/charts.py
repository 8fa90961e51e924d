"""Curves over time as a picture, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

WIDTH, ROW, MARGIN, LEFT = 960, 150, 26, 84
_BACKGROUND, _FRAME, _GRID, _TEXT, _CURVE = "#fbfaf7", "#b9b4a8", "#e6e2d8", "#3b382f", "#a8321f"


def draw_curves(curves: Mapping[str, Sequence[float]], *, seconds: float) -> Image.Image:
    """One row for each curve over `seconds`, with its name, its range and a time axis; RGB, 960 px wide.

    Values are evenly spread over the time. Raises ValueError where there is no curve.
    """
    if not curves or not all(curves.values()):
        raise ValueError("there is no curve to draw")
    image = Image.new("RGB", (WIDTH, len(curves) * ROW + MARGIN), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    for row, (name, values) in enumerate(curves.items()):
        _draw_row(draw, row * ROW, name, values)
    _draw_times(draw, len(curves) * ROW, seconds)
    return image


def _draw_row(draw: ImageDraw.ImageDraw, top: int, name: str, values: Sequence[float]) -> None:
    low, high = min(values), max(values)
    # A curve that hardly moves is drawn as the flat line that it is.
    room = max(high - low, 0.02 * abs(high), 1e-9)
    middle = (low + high) / 2
    box = (LEFT, top + MARGIN, WIDTH - MARGIN, top + ROW - 10)
    draw.rectangle(box, outline=_FRAME, fill="white")
    draw.text((LEFT, top + 6), name, fill=_TEXT, font=_font(14))
    for share, value in ((0.1, middle + room / 2), (0.5, middle), (0.9, middle - room / 2)):
        y = box[1] + share * (box[3] - box[1])
        draw.line((box[0] + 1, y, box[2] - 1, y), fill=_GRID)
        draw.text((LEFT - 8, y), f"{value:.4g}", fill=_TEXT, font=_font(12), anchor="rm")
    across = (box[2] - box[0]) / max(len(values) - 1, 1)
    points = [
        (box[0] + number * across, box[1] + (0.5 - 0.8 * (value - middle) / room) * (box[3] - box[1]))
        for number, value in enumerate(values)
    ]
    draw.line(points if len(points) > 1 else points * 2, fill=_CURVE, width=2, joint="curve")


def _draw_times(draw: ImageDraw.ImageDraw, top: int, seconds: float) -> None:
    step = _round_step(seconds / 8)
    for number in range(int(seconds / step + 1e-6) + 1):
        x = LEFT + number * step / max(seconds, 1e-9) * (WIDTH - MARGIN - LEFT)
        draw.line((x, top - 10, x, top - 4), fill=_FRAME)
        draw.text((x, top), f"{number * step:g} s", fill=_TEXT, font=_font(12), anchor="ma")


def _round_step(about: float) -> float:
    """The nearest 1, 2 or 5 times a power of ten above `about`."""
    power = 10.0 ** math.floor(math.log10(max(about, 1e-6)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= about - 1e-12)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)
