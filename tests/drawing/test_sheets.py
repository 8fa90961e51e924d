from __future__ import annotations

import pytest
from PIL import Image

from dreamer.drawing.color_bars import bar_height, color_bar
from dreamer.drawing.color_scales import DIVERGING, HEAT, ColorScale
from dreamer.drawing.sheets import GAP, LINE, PAGE, SheetTile, contact_sheet, contact_sheets, with_bar


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


@pytest.mark.slow
def test_a_narrow_sheet_is_widened_for_its_title() -> None:
    narrow, titled = (
        contact_sheet([tile("red")], side=80),
        contact_sheet([tile("red")], side=80, title="a long name " * 3),
    )
    assert narrow.width == 80 + 2 * GAP < titled.width < 400
    assert contact_sheet([tile("red")], side=80, title="a long name " * 99).width == 960 + GAP


def test_without_tiles_there_is_no_sheet() -> None:
    with pytest.raises(ValueError, match="no picture"):
        contact_sheet([])


def test_a_map_of_numbers_has_its_bar_between_picture_and_label() -> None:
    scale = ColorScale(0, 1, HEAT)
    plain, mapped = SheetTile(Image.new("RGB", (80, 40)), "a"), SheetTile(Image.new("RGB", (80, 40)), "a", scale)
    one, other = contact_sheet([plain], side=80), contact_sheet([mapped], side=80)
    assert other.height == one.height + 4 + bar_height(scale)
    assert other.getpixel((GAP + 60, GAP + 40 + 6)) == color_bar(scale, 80).getpixel((60, 2))


def test_a_bar_that_all_share_is_below_the_sheet() -> None:
    scale = ColorScale(-1, 1, DIVERGING, "weight")
    sheet = contact_sheet([tile("red")] * 4, side=80)
    whole = with_bar(sheet, scale)
    assert whole.width == sheet.width and whole.crop((0, 0, *sheet.size)).tobytes() == sheet.tobytes()
    assert whole.getpixel((GAP + 2, sheet.height + 4)) == pytest.approx((59, 76, 192), abs=4)


@pytest.mark.parametrize(("count", "side"), [(1, 36), (7, 300), (512, 36), (100, 300)])
def test_many_tiles_are_divided_into_pages_that_fit_a_screen(count: int, side: int) -> None:
    tiles = [tile("red", (side, side), str(number)) for number in range(count)]
    pages = contact_sheets(tiles, side=side, title="kernels")
    assert all(page.width <= PAGE[0] and page.height <= PAGE[1] for page in pages)
    assert (len(pages) == 1) == (count != 100)


def test_a_tile_larger_than_a_page_is_a_page() -> None:
    assert len(contact_sheets([tile("red"), tile("blue")], side=2000)) == 2
