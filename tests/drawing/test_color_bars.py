from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dreamer.drawing.color_bars import STRIP, bar_height, bar_ticks, color_bar
from dreamer.drawing.color_scales import ColorScale, heat_scale
from dreamer.drawing.style import BACKGROUND

SIGNED = heat_scale(np.array([-3.0, 3.0]))


def rgb(scale: ColorScale, value: float) -> tuple[int, ...]:
    return tuple(np.round(scale.colors(np.array(value)) * 255).astype(int).tolist())


def blank(image: Image.Image) -> bool:
    return len(image.getcolors() or ()) == 1


def test_the_strip_has_the_color_of_each_number_at_its_place() -> None:
    bar = color_bar(SIGNED, 201)
    for x, value in ((2, -2.94), (50, -1.5), (100, 0.0), (198, 2.94)):
        assert bar.getpixel((x, STRIP // 2)) == pytest.approx(rgb(SIGNED, value), abs=2)


def test_numbers_stand_below_the_strip() -> None:
    bar = color_bar(SIGNED, 201)
    assert bar.size == (201, bar_height(SIGNED))
    for value in bar_ticks(-3, 3, 5):
        x = round((value + 3) / 6 * 200)
        assert not blank(bar.crop((max(x - 8, 0), STRIP + 4, x + 8, bar.height)))
    between = color_bar(SIGNED, 201).crop((120, STRIP + 4, 140, bar.height))
    assert blank(between)


def test_a_caption_takes_a_line_more() -> None:
    captioned = ColorScale(0, 1, SIGNED.colormap, "activation")
    assert bar_height(captioned) > bar_height(SIGNED)
    assert not blank(color_bar(captioned, 120).crop((0, bar_height(SIGNED), 120, bar_height(captioned))))


def test_ends_are_pointed_where_numbers_lie_beyond() -> None:
    clipped = ColorScale(-3, 3, SIGNED.colormap, clipped=True)
    paper = Image.new("RGB", (1, 1), BACKGROUND).getpixel((0, 0))
    corners = [color_bar(clipped, 100).getpixel((x, y)) for x in (0, 99) for y in (0, STRIP - 1)]
    assert corners == [paper] * 4
    rising = ColorScale(0, 3, SIGNED.colormap, clipped=True)
    assert color_bar(rising, 100).getpixel((0, 0)) != paper and color_bar(rising, 100).getpixel((99, 0)) == paper


@pytest.mark.parametrize(("low", "high", "count", "ticks"), [
    (0, 4, 5, [0, 1, 2, 3, 4]),
    (-3, 3, 5, [-2, 0, 2]),
    (0, 0.0123, 4, [0, 0.005, 0.01]),
    (-3.11, 3.11, 2, [-3.11, 3.11]),
    (0, 5321, 3, [0, 2000, 4000]),
])  # fmt: skip
def test_ticks_are_round_or_the_ends(low: float, high: float, count: int, ticks: list[float]) -> None:
    assert bar_ticks(low, high, count) == pytest.approx(ticks)
