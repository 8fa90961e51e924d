"""Zoom loops close, or say why they cannot."""

from __future__ import annotations

import itertools
import statistics

import pytest
from torch import Tensor

from dreamer.errors import PresetError
from dreamer.motion.frames import FrameLoop, shown_order
from tests.motion.films import change, film, rendered
from tests.tiny import TinyNetwork


@pytest.mark.parametrize("zoom", [6.0, 1 / 6.0])
@pytest.mark.slow
def test_a_zoom_loop_closes(zoom: float, network: TinyNetwork, photo: Tensor) -> None:
    preset = film({"zoom": zoom, "rotate": 30, "loop": "zoom", "length": "16f"})
    frames = rendered(preset, network, photo)
    shown = [frames[number] for number in shown_order(preset)]
    assert (len(frames), len(shown)) == (32, 16)
    changes = [change(one, other) for one, other in itertools.pairwise(shown)]
    assert change(shown[-1], shown[0]) < 1.3 * statistics.median(changes)
    open_end = film({"zoom": max(zoom, 1 / zoom), "rotate": 30, "length": "32f"})
    without = rendered(open_end, network, photo)[16:]
    assert change(without[-1], without[0]) > 1.3 * change(shown[-1], shown[0])


def test_a_zoom_loop_needs_a_zoom(network: TinyNetwork, photo: Tensor) -> None:
    with pytest.raises(PresetError, match=r"needs a zoom of 3 in all, and this one has 1\.27"):
        FrameLoop(film({"zoom": 1.22, "loop": "zoom"}), network, photo)
