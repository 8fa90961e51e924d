"""Curves over time as a picture, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from PIL import Image, ImageDraw

from dreamer.drawing.style import BACKGROUND, FAINT, FRAME, TEXT, font
from dreamer.drawing.ticks import round_step

WIDTH, ROW, MARGIN, LEFT = 960, 150, 26, 84
_FINE = 4
_CURVE = "#a8321f"


def draw_curves(
    curves: Mapping[str, Sequence[float]], *, seconds: float, marks: Mapping[str, Sequence[float]] | None = None
) -> Image.Image:
    """One row for each curve over `seconds`, with its name, its range and a time axis; RGB, 960 px wide.

    Values are finite and evenly spread over the time. `marks`: times of lines through all rows, by their color. Raises
    ValueError where there is no curve.
    """
    if not curves or not all(curves.values()):
        raise ValueError("there is no curve to draw")
    image = Image.new("RGB", (WIDTH, len(curves) * ROW + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(image)
    for row, (name, values) in enumerate(curves.items()):
        _draw_row(image, draw, row * ROW, name, values, seconds, marks or {})
    for x, time in _times(seconds):
        draw.text((x, len(curves) * ROW), f"{time:g} s", fill=TEXT, font=font(12), anchor="ma")
    return image


def _draw_row(
    image: Image.Image,
    draw: ImageDraw.ImageDraw,
    top: int,
    name: str,
    values: Sequence[float],
    seconds: float,
    marks: Mapping[str, Sequence[float]],
) -> None:
    low, high = min(values), max(values)
    # A curve that hardly moves is drawn as the flat line that it is.
    room = max(high - low, 0.02 * abs(high), 1e-9)
    middle = (low + high) / 2
    box = (LEFT, top + MARGIN, WIDTH - MARGIN, top + ROW - 10)
    draw.rectangle(box, outline=FRAME, fill="white")
    draw.text((LEFT, top + 6), name, fill=TEXT, font=font(14))
    for x, _ in _times(seconds):
        draw.line((x, box[1], x, box[3]), fill=FAINT)
    for color, times in marks.items():
        for time in times:
            x = _across(time, seconds)
            draw.line((x, box[1], x, box[3]), fill=color)
    for share, value in ((0.1, middle + room / 2), (0.5, middle), (0.9, middle - room / 2)):
        y = box[1] + share * (box[3] - box[1])
        draw.line((box[0], y, box[2], y), fill=FAINT)
        draw.text((LEFT - 8, y), f"{value:.4g}", fill=TEXT, font=font(12), anchor="rm")
    draw.rectangle(box, outline=FRAME)
    heights = [0.5 - 0.8 * (value - middle) / room for value in values]
    image.paste(_CURVE, box, _line(heights, box[2] - box[0], box[3] - box[1]))


def _line(heights: Sequence[float], width: int, height: int) -> Image.Image:
    """A smooth line through `heights`, which count from 0 at the top to 1, as a mask: drawn large, then reduced."""
    mask = Image.new("L", (width * _FINE, height * _FINE))
    across = (mask.width - 1) / max(len(heights) - 1, 1)
    points = [(number * across, share * mask.height) for number, share in enumerate(heights)]
    points = points if len(points) > 1 else [points[0], (mask.width, points[0][1])]
    ImageDraw.Draw(mask).line(points, fill=255, width=2 * _FINE, joint="curve")
    return mask.resize((width, height), Image.Resampling.BOX)


def _times(seconds: float) -> Iterator[tuple[float, float]]:
    """The marks of the time axis: (x in px, time in seconds)."""
    step = round_step(max(seconds / 8, 1e-6))
    for number in range(int(seconds / step + 1e-6) + 1):
        yield _across(number * step, seconds), number * step


def _across(time: float, seconds: float) -> float:
    return LEFT + time / max(seconds, 1e-9) * (WIDTH - MARGIN - LEFT)
