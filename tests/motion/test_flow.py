"""The flow between two frames."""

from __future__ import annotations

import pytest

from dreamer.motion.flow import optical_flow
from tests.motion.films import clip


@pytest.mark.opencv
def test_the_flow_is_that_of_the_square_and_sees_what_was_hidden() -> None:
    before, now = clip(2)
    flow = optical_flow(before, now)
    assert float(flow.back[0, 0, 30:40, 22:38].mean()) == pytest.approx(-3, abs=0.4)
    assert float(flow.back[0, :, 55:70, 60:90].abs().mean()) < 0.2
    assert float(flow.visible.mean()) > 0.9
