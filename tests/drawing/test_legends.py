from __future__ import annotations

from dreamer.drawing.legends import OTHERS, ROW, WIDTH, legend, markers


def test_the_largest_groups_come_first_and_each_looks_different() -> None:
    known = markers(["b", "c", "b", "a"])
    assert list(known) == ["b", "a", "c"]
    many = markers([f"group {number:02d}" for number in range(40)])
    assert len(set(many.values())) == 37 and list(many.values()).count(OTHERS) == 4


def test_a_legend_has_a_row_for_each_group_and_one_for_those_beyond() -> None:
    assert legend(["a", "b", "a"], "folder").size == (WIDTH, 3 * ROW)
    assert legend([str(number) for number in range(40)], "class").size == (WIDTH, 38 * ROW)
