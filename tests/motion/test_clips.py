"""Dreaming over filmed input."""

from __future__ import annotations

import itertools
import statistics

import pytest
import torch
from torch import Tensor

from dreamer.motion.clips import ClipLoop
from dreamer.motion.flow import flicker, optical_flow
from tests.motion.films import change, clip, film
from tests.tiny import TinyNetwork


@pytest.mark.opencv
@pytest.mark.slow
def test_a_dreamt_clip_flickers_less_than_half(network: TinyNetwork) -> None:
    frames = clip()
    preset = film({"lead_in": 6}, ascent={"jitter": 8, "step_size": 0.01, "normalization": "rms"})
    loop = ClipLoop(preset, network, lambda first: iter(frames[first:]))
    together = [frame.picture for frame in loop.frames()]
    alone = []
    for number, frame in enumerate(frames):
        single = preset.model_copy(update={"seed": number})
        alone.append(next(iter(ClipLoop(single, network, lambda first, frame=frame: iter([frame])).frames())).picture)
    flows = [optical_flow(one, other) for one, other in itertools.pairwise(frames)]

    def mean(pictures: list[Tensor]) -> float:
        pairs = zip(pictures, pictures[1:], flows, strict=False)
        return statistics.mean(flicker(one, other, flow) for one, other, flow in pairs)

    assert change(together[3], frames[3]) > 0.5 * change(alone[3], frames[3])
    assert mean(together) < 0.5 * mean(alone)


@pytest.mark.opencv
@pytest.mark.slow
def test_a_clip_goes_on_where_it_was(network: TinyNetwork) -> None:
    frames = clip()
    preset = film({})
    whole = list(ClipLoop(preset, network, lambda first: iter(frames[first:])).frames())
    rest = list(ClipLoop(preset, network, lambda first: iter(frames[first:])).frames(resume=whole[2].checkpoint))
    assert [frame.number for frame in rest] == [3, 4, 5]
    assert all(torch.equal(one.picture, whole[one.number].picture) for one in rest)
