from __future__ import annotations

import pytest

from dreamer.drawing.ticks import round_step


@pytest.mark.parametrize(("about", "step"), [(1, 1), (1.01, 2), (3, 5), (7, 10), (0.03, 0.05), (0.1, 0.1), (820, 1000)])
def test_steps_are_one_two_or_five(about: float, step: float) -> None:
    assert round_step(about) == pytest.approx(step)
