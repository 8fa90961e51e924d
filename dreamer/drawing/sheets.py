"""Contact sheets: labelled pictures in rows, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from dreamer.drawing.style import BACKGROUND, FAINT, TEXT, fit_image, fit_text, font

GAP, LINE = 8, 16
_TITLE_HEIGHT, _TITLE_SIZE, _LABEL_SIZE = 32, 16, 12


@dataclass(frozen=True)
class SheetTile:
    """A picture of any size and what is written below it; lines are divided by newlines."""

    image: Image.Image
    label: str = ""

    @property
    def lines(self) -> list[str]:
        """The lines of the label."""
        return self.label.split("\n") if self.label else []


def contact_sheet(
    tiles: Sequence[SheetTile], *, columns: int | None = None, side: int = 160, title: str = "", smooth: bool = True
) -> Image.Image:
    """Pictures in rows of `columns`, each fitted into `side` x `side` px above its label; RGB.

    A row is as high as its highest picture. Without `columns` the sheet is about as wide as 3 : 2. `smooth` false
    enlarges with hard pixels, as suits weights. Raises ValueError where there is no tile.
    """
    if not tiles:
        raise ValueError("there is no picture for the sheet")
    columns = min(columns or max(1, math.ceil(math.sqrt(len(tiles) * 1.5))), len(tiles))
    lines = max(len(tile.lines) for tile in tiles)
    below = GAP + (lines * LINE + 4 if lines else 0)
    fitted = [SheetTile(fit_image(tile.image, side, smooth=smooth), tile.label) for tile in tiles]
    rows = [fitted[first : first + columns] for first in range(0, len(fitted), columns)]
    heights = [max(tile.image.height for tile in row) for row in rows]
    top = (_TITLE_HEIGHT if title else 0) + GAP
    size = (columns * (side + GAP) + GAP, top + sum(height + below for height in heights))
    sheet = Image.new("RGB", size, BACKGROUND)
    if title:
        text = fit_text(title, sheet.width - 2 * GAP, _TITLE_SIZE)
        ImageDraw.Draw(sheet).text((GAP, 8), text, fill=TEXT, font=font(_TITLE_SIZE))
    for row, height in zip(rows, heights, strict=True):
        for column, tile in enumerate(row):
            _draw_tile(sheet, tile, GAP + column * (side + GAP), top, side, height)
        top += height + below
    return sheet


def _draw_tile(sheet: Image.Image, tile: SheetTile, left: int, top: int, side: int, height: int) -> None:
    """A tile whose image fits into `side` x `height` px, in the middle of that place."""
    draw, image = ImageDraw.Draw(sheet), tile.image
    if image.size != (side, height):
        draw.rectangle((left, top, left + side - 1, top + height - 1), fill=FAINT)
    sheet.paste(image, (left + (side - image.width) // 2, top + (height - image.height) // 2))
    for number, line in enumerate(tile.lines):
        text = fit_text(line, side, _LABEL_SIZE)
        draw.text((left, top + height + 2 + number * LINE), text, fill=TEXT, font=font(_LABEL_SIZE))
