from __future__ import annotations

import sys
from typing import cast

import pytest
import torch

from dreamer.errors import ToolError
from dreamer.inspection.pixel_attack import fool_by_pixels, pixel_control
from dreamer.networks import Network
from tests.inspection.stubs import BrightestRed

NETWORK = cast(Network, BrightestRed())
DULL = torch.full((1, 3, 10, 12), 0.2)


@pytest.mark.parametrize(("index", "count"), [(None, 1), (1, 3)])
def test_as_many_pixels_change_as_are_asked_for(index: int | None, count: int) -> None:
    pytest.importorskip("scipy", reason="SciPy is missing: pip install 'dreamer[fool]'")
    found = fool_by_pixels(NETWORK, DULL, index, count=count, generations=5)
    changed = (found.picture != DULL).any(1)
    assert found.succeeded and 1 <= int(changed.sum()) <= count
    assert found.pixels == pytest.approx(float(changed.float().mean()))
    assert float(found.picture.min()) >= 0 and float(found.picture.max()) <= 1


def test_the_best_is_returned_where_nothing_works() -> None:
    pytest.importorskip("scipy", reason="SciPy is missing: pip install 'dreamer[fool]'")
    red = torch.full((1, 3, 8, 8), 0.9)
    assert not fool_by_pixels(NETWORK, red, 0, generations=2).succeeded


def test_random_pixels_are_counted() -> None:
    control = pixel_control(NETWORK, DULL, None, draws=40)
    assert control.draws == 40 and 10 < control.reached < 30
    assert control.picture.shape == DULL.shape and int((control.picture != DULL).any(1).sum()) == 1


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ToolError, match=r"dreamer\[fool\]"):
        fool_by_pixels(NETWORK, DULL)
