"""Points and thumbnails laid out by coordinates: scattered, or in a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageOps

from dreamer.drawing.legends import WIDTH as LEGEND_WIDTH
from dreamer.drawing.legends import draw_marker, legend, markers
from dreamer.drawing.style import BACKGROUND, TEXT, fit_image, fit_text, font

WIDTH, HEIGHT, MARGIN = 1500, 1000, 12
# The area of the points lies below the title, on the left of the legend.
TOP, RIGHT = MARGIN + 32, WIDTH - LEGEND_WIDTH - 3 * MARGIN
_SPOT = 14


def draw_scatter(
    points: Sequence[Sequence[float]],
    groups: Sequence[str],
    *,
    images: Sequence[Image.Image] | None = None,
    title: str = "",
    legend_title: str = "",
    named: Mapping[int, str] | None = None,
) -> Image.Image:
    """Points at (x, y) in [0, 1], y downwards, in the colors of their groups, with a legend; RGB.

    With `images` they are thumbnails with colored frames; the more there are, the smaller they get. `named`: members by
    number that have their names beside them, and nothing over them.
    """
    named = named or {}
    canvas = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    ImageDraw.Draw(canvas).text((MARGIN, 10), fit_text(title, WIDTH - 2 * MARGIN, 16), fill=TEXT, font=font(16))
    canvas.paste(legend(groups, legend_title), (WIDTH - MARGIN - LEGEND_WIDTH, TOP))
    side = _SPOT if images is None else max(28, min(140, round((WIDTH * HEIGHT / len(images)) ** 0.5 * 0.6)))
    known = markers(groups)
    for number in sorted(range(len(points)), key=lambda number: number in named):
        marker, (x, y) = known[groups[number]], _place(points[number], side)
        if number in named:
            _draw_name(canvas, named[number], x, y, side)
        if images is None:
            draw_marker(canvas, marker, x, y)
        else:
            small = ImageOps.expand(fit_image(images[number], side - 6), 3, marker.color)
            canvas.paste(small, (round(x - small.width / 2), round(y - small.height / 2)))
    return canvas


def _place(point: Sequence[float], side: int) -> tuple[float, float]:
    """The middle in px of a member of `side` px, all of which is in the area of the points."""
    x, y = point
    return MARGIN + side / 2 + x * (RIGHT - MARGIN - side), TOP + side / 2 + y * (HEIGHT - MARGIN - TOP - side)


def _draw_name(canvas: Image.Image, name: str, x: float, y: float, side: int) -> None:
    """A dark frame around a member, and its name on the side where there is room."""
    draw = ImageDraw.Draw(canvas)
    around = side / 2 + 4
    draw.rectangle((x - around, y - around, x + around, y + around), outline=TEXT, width=3)
    text = fit_text(name, 200, 13)
    length = font(13).getlength(text)
    start = x + around + 8 if x + around + 8 + length <= RIGHT else x - around - 8 - length
    draw.rectangle((start - 3, y - 9, start + length + 3, y + 9), fill=BACKGROUND)
    draw.text((start, y), text, fill=TEXT, font=font(13), anchor="lm")


def draw_grid(images: Sequence[Image.Image], places: Sequence[tuple[int, int]], *, side: int = 96) -> Image.Image:
    """The middle squares of images, `side` px wide, at their (row, column). RGB."""
    rows, columns = (1 + max(place[axis] for place in places) for axis in (0, 1))
    canvas = Image.new("RGB", (columns * side, rows * side), BACKGROUND)
    for image, (row, column) in zip(images, places, strict=True):
        edge = min(image.size)
        left, top = (image.width - edge) // 2, (image.height - edge) // 2
        square = image.crop((left, top, left + edge, top + edge))
        canvas.paste(fit_image(square, side), (column * side, row * side))
    return canvas
