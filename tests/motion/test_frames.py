"""The loop of frames."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.statistics import picture_statistics
from dreamer.errors import PresetError, TargetError
from dreamer.motion.frames import FrameLoop, rendered_frames, shown_order
from dreamer.presets import Preset
from tests.motion.films import change, film, rendered
from tests.tiny import TinyNetwork


@pytest.mark.parametrize(
    "animation", [{"zoom": 1.5, "rotate": 10}, {"feedback": False, "zoom": 1.2}, {"dream_every": 3}]
)
def test_an_interrupted_film_has_the_same_frames(
    animation: dict[str, Any], network: TinyNetwork, photo: Tensor
) -> None:
    preset = film({"zoom": 1.4, **animation})
    whole = list(FrameLoop(preset, network, photo).frames())
    assert [frame.number for frame in whole] == list(range(12))
    for stop in (1, 5, 10):
        state = max((f.checkpoint for f in whole[: stop + 1] if f.checkpoint), key=lambda point: point.number)
        rest = list(FrameLoop(preset, network, photo).frames(resume=state))
        assert [frame.number for frame in rest] == list(range(state.number + 1, 12))
        assert all(torch.equal(one.picture, whole[one.number].picture) for one in rest)


def test_a_film_moves_and_dreams(network: TinyNetwork, photo: Tensor) -> None:
    frames = rendered(film({"zoom": 1.5}), network, photo)
    assert change(frames[0], photo) > 0.005
    assert all(change(one, other) > 0.005 for one, other in itertools.pairwise(frames))


def test_from_noise_too(network: TinyNetwork) -> None:
    frames = rendered(film({}, canvas={"start": "noise", "size": (64, 48)}), network, None)
    assert frames[-1].shape == (1, 3, 48, 64)


@pytest.mark.slow
def test_a_thousand_frames_do_not_drift(network: TinyNetwork, photo: Tensor) -> None:
    preset = film({"zoom": 1.5, "length": "1000f"}, octaves={"count": 1, "steps": 1})
    first = None
    for frame in FrameLoop(preset, network, photo).frames():
        first = first or picture_statistics(frame.picture)
        if frame.number % 50 == 0:
            now = picture_statistics(frame.picture)
            assert now.brightness == pytest.approx(first.brightness, rel=0.1)
            assert now.contrast == pytest.approx(first.contrast, rel=0.1)
            assert now.saturation == pytest.approx(first.saturation, rel=0.1)
            assert now.sharpness == pytest.approx(first.sharpness, rel=0.2)


def test_forward_and_backward_shows_each_turn_once(network: TinyNetwork, photo: Tensor) -> None:
    preset = film({"loop": "pingpong", "zoom": 1.5})
    assert preset.animation is not None
    assert rendered_frames(preset.animation) == 7
    assert shown_order(preset) == [0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]


def test_between_dreamt_frames_the_camera_goes_on(network: TinyNetwork, photo: Tensor) -> None:
    sparse = rendered(film({"zoom": 1.5, "dream_every": 4}), network, photo)
    changes = [change(one, other) for one, other in itertools.pairwise(sparse)]
    assert len(sparse) == 12
    assert max(changes) < 3 * min(changes)


def test_keyframes_reach_the_frames(network: TinyNetwork, photo: Tensor) -> None:
    tracks = {"ascent.step_size": {"0s": 0.0001, "0.5s": 0.0001, "0.6s": 0.05}}
    preset = film(
        {"zoom": 1.0, "lead_in": 1, "stabilize": {"detail": 0, "sharpness": 0, "contrast": 0}}, keyframes=tracks
    )
    frames = rendered(preset, network, photo)
    assert change(frames[4], frames[3]) < 0.2 * change(frames[8], frames[7])


@pytest.mark.parametrize(("key", "value"), [("class", "wolf"), ("layer", "conv9")])
def test_a_wrong_name_is_reported_before_the_first_frame(
    key: str, value: str, network: TinyNetwork, photo: Tensor
) -> None:
    good = {"class": "cat", "layer": "conv2"}[key]
    tracks = {f"targets.0.{key}": {"0s": good, "1s": value}}
    with pytest.raises(TargetError, match=value):
        FrameLoop(film({}, targets=[{key: good}], keyframes=tracks), network, photo)


def test_levels_replace_the_first_frame(network: TinyNetwork, photo: Tensor) -> None:
    frames = rendered(film({"stabilize": {"levels": {"brightness": 0.3}}}), network, photo)
    assert picture_statistics(frames[-1]).brightness == pytest.approx(0.3, abs=0.02)


def test_without_an_animation_the_remedy_is_named(network: TinyNetwork, photo: Tensor) -> None:
    with pytest.raises(PresetError, match=r"no \[animation\] table"):
        FrameLoop(Preset.model_validate({"targets": [{"layer": "conv2"}]}), network, photo)
