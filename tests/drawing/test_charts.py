from __future__ import annotations

import math

import pytest
from PIL import Image

from dreamer.drawing.charts import LEFT, MARGIN, ROW, WIDTH, draw_curves


def inked(image: Image.Image, row: int, x: int) -> list[int]:
    """How far from the top of its row the curve is at `x` px; the curve alone is red."""
    column = [image.getpixel((x, y)) for y in range(row * ROW, (row + 1) * ROW)]
    return [y for y, color in enumerate(column) if isinstance(color, tuple) and color[0] > color[1] + 60]


def test_there_is_a_row_for_each_curve_and_a_time_axis() -> None:
    image = draw_curves({"a": [0.0, 1.0], "b": [1.0, 0.0], "c": [5.0, 5.0]}, seconds=2.0)
    assert (image.mode, image.width) == ("RGB", WIDTH)
    assert image.height == 3 * ROW + MARGIN
    assert image.getpixel((2, 2)) == (251, 250, 247)


def test_a_curve_goes_from_left_to_right_and_up_for_more() -> None:
    image = draw_curves({"rising": [0.0, 1.0], "falling": [1.0, 0.0]}, seconds=2.0)
    left, right = LEFT + 4, WIDTH - MARGIN - 5
    assert min(inked(image, 0, left)) > max(inked(image, 0, right)) + 60
    assert max(inked(image, 1, left)) < min(inked(image, 1, right)) - 60


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0, 3.0], [0.0, 0.0], [1.0, 1.0 + 1e-9]])
def test_a_curve_that_does_not_move_is_a_line_through_the_middle(values: list[float]) -> None:
    image = draw_curves({"flat": values}, seconds=1.0)
    middle = (MARGIN + ROW - 10) / 2
    for x in (LEFT + 4, WIDTH // 2, WIDTH - MARGIN - 5):
        assert sum(inked(image, 0, x)) / len(inked(image, 0, x)) == pytest.approx(middle, abs=2)


def test_the_height_says_the_value_and_the_place_the_time() -> None:
    wave = [math.sin(math.tau * number / 200) for number in range(201)]
    image = draw_curves({"wave": wave}, seconds=4.0)
    quarter = LEFT + (WIDTH - MARGIN - LEFT) // 4
    tops = {x: min(inked(image, 0, x)) for x in range(LEFT + 4, WIDTH - MARGIN - 4, 5)}
    highest = [x for x, top in tops.items() if top == min(tops.values())]
    assert sum(highest) / len(highest) == pytest.approx(quarter, abs=8)


@pytest.mark.parametrize("seconds", [0.04, 1.0, 7.3, 86400.0])
def test_any_length_has_a_time_axis(seconds: float) -> None:
    image = draw_curves({"a": [0.0, 1.0]}, seconds=seconds)
    axis = image.crop((0, ROW, WIDTH, ROW + MARGIN))
    assert len(axis.getcolors(1 << 16) or []) > 2


@pytest.mark.parametrize("curves", [{}, {"a": []}, {"a": [1.0], "b": []}])
def test_without_values_there_is_nothing_to_draw(curves: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="no curve"):
        draw_curves(curves, seconds=1.0)
