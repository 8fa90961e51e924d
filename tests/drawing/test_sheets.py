from __future__ import annotations

import pytest
from PIL import Image

from dreamer.drawing.sheets import GAP, LINE, SheetTile, contact_sheet


def tile(color: str, size: tuple[int, int] = (80, 40), label: str = "") -> SheetTile:
    return SheetTile(Image.new("RGB", size, color), label)


def test_sheets_have_a_cell_for_every_tile() -> None:
    tiles = [tile(color, label=f"tile {color}") for color in ("red", "green", "blue", "white")]
    sheet = contact_sheet(tiles, columns=3, side=160, title="four")
    assert sheet.width == 3 * 168 + 8
    reds = [sheet.getpixel((8 + 80, 32 + 8 + 40)), sheet.getpixel((8 + 168 + 80, 32 + 8 + 40))]
    assert reds == [(255, 0, 0), (0, 128, 0)]


def test_a_row_is_as_high_as_its_highest_picture_and_its_labels() -> None:
    low, high = tile("red", (80, 20)), tile("blue", (40, 80), "two\nlines")
    assert contact_sheet([low], side=80).height == GAP + 20 + GAP
    assert contact_sheet([low, high], columns=2, side=80).height == GAP + 80 + 2 * LINE + 4 + GAP
    assert contact_sheet([low, low], columns=1, side=80).height == GAP + 2 * (20 + GAP)


def test_a_sheet_is_about_three_by_two_and_never_wider_than_its_tiles() -> None:
    assert contact_sheet([tile("red")] * 6, side=100).width == 3 * (100 + GAP) + GAP
    assert contact_sheet([tile("red")] * 2, columns=9, side=100).width == 2 * (100 + GAP) + GAP


def test_without_tiles_there_is_no_sheet() -> None:
    with pytest.raises(ValueError, match="no picture"):
        contact_sheet([])
