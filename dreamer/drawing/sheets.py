"""Contact sheets: labelled pictures in rows, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

from dreamer.drawing.color_bars import bar_height, color_bar
from dreamer.drawing.color_scales import ColorScale
from dreamer.drawing.style import BACKGROUND, FAINT, TEXT, fit_image, fit_text, font

GAP, LINE = 8, 16
PAGE = (1600, 1000)  # what fits on a screen, in px
_TITLE_HEIGHT, _TITLE_SIZE, _LABEL_SIZE = 32, 16, 12
_BAR_GAP, _WIDEST_BAR, _WIDEST_TITLE = 4, 480, 960


@dataclass(frozen=True)
class SheetTile:
    """A picture of any size and what is written below it; lines are divided by newlines.

    `scale`: of a picture that shows numbers, whose color bar is drawn between both.
    """

    image: Image.Image
    label: str = ""
    scale: ColorScale | None = None

    @property
    def lines(self) -> list[str]:
        """The lines of the label."""
        return self.label.split("\n") if self.label else []

    @property
    def below(self) -> int:
        """How much room its color bar and label take, in px."""
        bar = 0 if self.scale is None else _BAR_GAP + bar_height(self.scale)
        return bar + (len(self.lines) * LINE + 4 if self.lines else 0)


def contact_sheet(
    tiles: Sequence[SheetTile], *, columns: int | None = None, side: int = 160, title: str = "", smooth: bool = True
) -> Image.Image:
    """Pictures in rows of `columns`, each fitted into `side` x `side` px above its color bar and label; RGB.

    A row is as high as its highest picture. Without `columns` the sheet is about as wide as 3 : 2; a title of common
    length widens it. `smooth` false enlarges with hard pixels, as suits weights. Raises ValueError where there is no
    tile.
    """
    if not tiles:
        raise ValueError("there is no picture for the sheet")
    columns = min(columns or _columns(len(tiles)), len(tiles))
    below = GAP + max(tile.below for tile in tiles)
    fitted = [replace(tile, image=fit_image(tile.image, side, smooth=smooth)) for tile in tiles]
    rows = [fitted[first : first + columns] for first in range(0, len(fitted), columns)]
    heights = [max(tile.image.height for tile in row) for row in rows]
    top = (_TITLE_HEIGHT if title else 0) + GAP
    width = max(columns * (side + GAP), min(math.ceil(font(_TITLE_SIZE).getlength(title)) + GAP, _WIDEST_TITLE)) + GAP
    sheet = Image.new("RGB", (width, top + sum(height + below for height in heights)), BACKGROUND)
    title = fit_text(title, width - 2 * GAP, _TITLE_SIZE)
    ImageDraw.Draw(sheet).text((GAP, 8), title, fill=TEXT, font=font(_TITLE_SIZE))
    for row, height in zip(rows, heights, strict=True):
        for column, tile in enumerate(row):
            _draw_tile(sheet, tile, GAP + column * (side + GAP), top, side, height)
        top += height + below
    return sheet


def contact_sheets(tiles: Sequence[SheetTile], *, side: int, title: str = "", smooth: bool = True) -> list[Image.Image]:
    """The tiles as a contact sheet, or as several, none larger than PAGE where a tile is smaller than that.

    The titles of several say which page they are.
    """
    width, height = PAGE
    columns = min(max(1, (width - GAP) // (side + GAP)), _columns(len(tiles)))
    highest = max(min(side, side * tile.image.height // max(tile.image.size)) + tile.below for tile in tiles)
    rows = max(1, (height - _TITLE_HEIGHT - GAP) // (highest + GAP))
    if len(tiles) > rows * columns:
        columns = max(1, (width - GAP) // (side + GAP))
    pages = [tiles[first : first + rows * columns] for first in range(0, len(tiles), rows * columns)]
    titles = [f"{title}, page {number} of {len(pages)}" if len(pages) > 1 else title
              for number in range(1, len(pages) + 1)]  # fmt: skip
    return [
        contact_sheet(page, columns=columns, side=side, title=each, smooth=smooth)
        for page, each in zip(pages, titles, strict=True)
    ]


def with_bar(sheet: Image.Image, scale: ColorScale) -> Image.Image:
    """A sheet with the color bar that its maps share below it."""
    bar = color_bar(scale, min(sheet.width - 2 * GAP, _WIDEST_BAR))
    framed = Image.new("RGB", (sheet.width, bar.height + GAP), BACKGROUND)
    framed.paste(bar, (GAP, 0))
    return stacked([sheet, framed])


def stacked(sheets: Sequence[Image.Image]) -> Image.Image:
    """Sheets one below the other, as wide as the widest."""
    whole = Image.new("RGB", (max(sheet.width for sheet in sheets), sum(sheet.height for sheet in sheets)), BACKGROUND)
    top = 0
    for sheet in sheets:
        whole.paste(sheet, (0, top))
        top += sheet.height
    return whole


def _columns(count: int) -> int:
    """Of a sheet that is about as wide as 3 : 2."""
    return max(1, math.ceil(math.sqrt(count * 1.5)))


def _draw_tile(sheet: Image.Image, tile: SheetTile, left: int, top: int, side: int, height: int) -> None:
    """A tile whose image fits into `side` x `height` px, in the middle of that place."""
    draw, image = ImageDraw.Draw(sheet), tile.image
    if image.size != (side, height):
        draw.rectangle((left, top, left + side - 1, top + height - 1), fill=FAINT)
    sheet.paste(image, (left + (side - image.width) // 2, top + (height - image.height) // 2))
    top += height
    if tile.scale is not None:
        bar = color_bar(tile.scale, side)
        sheet.paste(bar, (left, top + _BAR_GAP))
        top += _BAR_GAP + bar.height
    for number, line in enumerate(tile.lines):
        text = fit_text(line, side, _LABEL_SIZE)
        draw.text((left, top + 2 + number * LINE), text, fill=TEXT, font=font(_LABEL_SIZE))
