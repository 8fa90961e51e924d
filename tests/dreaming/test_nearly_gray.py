from __future__ import annotations

import torch
from torch import Tensor

from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import WarningsHeard
from dreamer.dreaming.nearly_gray import nearly_gray
from tests.tiny import TinyNetwork

from .conftest import preset

EXTREME = preset(ascent={"decay": 0.9}, octaves={"steps": 30}, canvas={"start": "gray", "size": 48})


def test_a_photo_that_has_become_gray_is_told_and_one_that_was_gray_is_not(photo: Tensor) -> None:
    flat = 0.5 + 0.01 * (photo - 0.5)
    both = torch.cat([photo, flat])
    warned = nearly_gray(preset(penalties={"l2": 100.0}), torch.cat([flat, flat]), both)
    assert warned is not None and warned.pictures == (0,)
    assert warned.warning.kind == "nearly_gray" and "penalties.l2" in warned.warning.message
    assert nearly_gray(preset(), both, both) is None


def test_a_dream_from_gray_that_regularizers_held_back_is_told_and_a_free_one_is_not(network: TinyNetwork) -> None:
    for recipe, count in [(EXTREME, 1), (EXTREME.model_copy(update={"ascent": preset().ascent}), 0)]:
        heard = WarningsHeard()
        dream(recipe, network, listen=heard)
        assert ["ascent.decay" in warning.message for warning in heard.about(0)] == [True] * count


def test_nothing_is_said_of_a_canvas_that_no_step_has_touched(network: TinyNetwork) -> None:
    heard = WarningsHeard()
    dream(preset(canvas={"start": "gray", "size": 48}, octaves={"steps": [0, 0]}), network, listen=heard)
    assert not heard.about(0)
