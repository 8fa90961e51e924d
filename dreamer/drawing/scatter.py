"""Thumbnails laid out by coordinates: scattered, or in a grid."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from dreamer.drawing.style import BACKGROUND, fit_image

WIDTH, HEIGHT, MARGIN = 1500, 1000, 12


def draw_scatter(images: Sequence[Image.Image], points: Sequence[Sequence[float]]) -> Image.Image:
    """Thumbnails around (x, y) in [0, 1], y downwards; the more there are, the smaller they get. RGB."""
    side = max(28, min(140, round((WIDTH * HEIGHT / max(len(images), 1)) ** 0.5 * 0.75)))
    canvas = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    for image, (x, y) in zip(images, points, strict=True):
        small = fit_image(image, side)
        left = MARGIN + x * (WIDTH - 2 * MARGIN - side) + (side - small.width) / 2
        top = MARGIN + y * (HEIGHT - 2 * MARGIN - side) + (side - small.height) / 2
        canvas.paste(small, (round(left), round(top)))
    return canvas


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
