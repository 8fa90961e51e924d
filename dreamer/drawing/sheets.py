"""Contact sheets: labelled pictures in rows, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

GAP, LINE = 8, 16
_BACKGROUND, _TEXT, _FAINT = "#fbfaf7", "#3b382f", "#e6e2d8"


@dataclass(frozen=True)
class Tile:
    """A picture of any size and what is written below it; lines are divided by newlines."""

    image: Image.Image
    label: str = ""


def contact_sheet(
    tiles: Sequence[Tile], *, columns: int | None = None, side: int = 160, title: str = "", smooth: bool = True
) -> Image.Image:
    """Pictures in rows of `columns`, each fitted into `side` x `side` px above its label; RGB.

    A row is as high as its highest picture.

    Without `columns` the sheet is about as wide as 3 : 2. `smooth` false enlarges with hard pixels, as suits weights.
    Raises ValueError where there is no tile.
    """
    if not tiles:
        raise ValueError("there is no picture for the sheet")
    columns = columns or max(1, math.ceil(math.sqrt(len(tiles) * 1.5)))
    columns = min(columns, len(tiles))
    lines = max(tile.label.count("\n") + 1 if tile.label else 0 for tile in tiles)
    text_height = lines * LINE + (4 if lines else 0)
    images = [_scaled(tile.image.convert("RGB"), side, smooth) for tile in tiles]
    rows = [range(first, min(first + columns, len(tiles))) for first in range(0, len(tiles), columns)]
    heights = [max(images[number].height for number in row) for row in rows]
    top = 32 if title else 0
    height = top + GAP + sum(each + text_height + GAP for each in heights)
    sheet = Image.new("RGB", (columns * (side + GAP) + GAP, height), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((GAP, 8), fitted(title, sheet.width - 2 * GAP, 16), fill=_TEXT, font=_font(16))
    upper = top + GAP
    for row, high in zip(rows, heights, strict=True):
        for column, number in enumerate(row):
            left, image = GAP + column * (side + GAP), images[number]
            if image.size != (side, high):
                draw.rectangle((left, upper, left + side - 1, upper + high - 1), fill=_FAINT)
            sheet.paste(image, (left + (side - image.width) // 2, upper + (high - image.height) // 2))
            for line, text in enumerate(tiles[number].label.split("\n") if tiles[number].label else []):
                place = (left, upper + high + 2 + line * LINE)
                draw.text(place, fitted(text, side, 12), fill=_TEXT, font=_font(12))
        upper += high + text_height + GAP
    return sheet


def fitted(text: str, width: int, size: int) -> str:
    """The text, or as much of its beginning as fits into `width` px, with an ellipsis."""
    font = _font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def _scaled(image: Image.Image, side: int, smooth: bool) -> Image.Image:
    factor = side / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)
