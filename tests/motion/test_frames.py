from __future__ import annotations

import itertools
import statistics
from typing import Any

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.statistics import picture_statistics
from dreamer.errors import PresetError, TargetError
from dreamer.motion.clips import ClipLoop
from dreamer.motion.flow import flicker, optical_flow
from dreamer.motion.frames import FrameLoop, rendered_frames, shown_order
from dreamer.presets import Preset
from tests.tiny import TinyNetwork

BYTE = 1 / 255


@pytest.fixture
def network() -> TinyNetwork:
    return TinyNetwork()


@pytest.fixture
def photo() -> Tensor:
    noise = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(5))
    return torch.nn.functional.interpolate(noise, size=(48, 64), mode="bicubic").clamp(0, 1)


def film(animation: dict[str, Any], **keys: Any) -> Preset:
    tree = {
        "targets": [{"layer": "conv2"}],
        "octaves": {"count": 2, "steps": 2, "scale": 1.3},
        "ascent": {"jitter": 4, "step_size": 0.01},
        "animation": {"fps": 10, "length": "12f", **animation},
        **keys,
    }
    return Preset.model_validate(tree)


def rendered(preset: Preset, network: TinyNetwork, photo: Tensor | None) -> list[Tensor]:
    """The frames as they are stored: rounded to bytes."""
    frames: list[Tensor] = []
    loop = FrameLoop(preset, network, photo, earlier=lambda number: frames[number])
    for frame in loop.frames():
        assert frame.number == len(frames)
        frames.append((frame.picture / BYTE).round() * BYTE)
    return frames


def change(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().mean())


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


@pytest.mark.parametrize("zoom", [6.0, 1 / 6.0])
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


def clip(count: int = 6) -> list[Tensor]:
    """A textured square that moves over a still ground, 72 x 96."""
    noise = torch.rand(1, 3, 72, 140, generator=torch.Generator().manual_seed(1))
    ground = torch.nn.functional.avg_pool2d(noise, 5, 1, 2)
    frames = []
    for number in range(count):
        frame = ground[..., :96].clone()
        frame[..., 20:50, 10 + 3 * number : 45 + 3 * number] = 1 - ground[..., 20:50, 100:135]
        frames.append(frame)
    return frames


def test_the_flow_is_that_of_the_square_and_sees_what_was_hidden() -> None:
    pytest.importorskip("cv2")
    before, now = clip(2)
    flow = optical_flow(before, now)
    assert float(flow.back[0, 0, 30:40, 22:38].mean()) == pytest.approx(-3, abs=0.4)
    assert float(flow.back[0, :, 55:70, 60:90].abs().mean()) < 0.2
    assert float(flow.visible.mean()) > 0.9


def test_a_dreamt_clip_flickers_less_than_half(network: TinyNetwork) -> None:
    pytest.importorskip("cv2")
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


def test_a_clip_goes_on_where_it_was(network: TinyNetwork) -> None:
    pytest.importorskip("cv2")
    frames = clip()
    preset = film({})
    whole = list(ClipLoop(preset, network, lambda first: iter(frames[first:])).frames())
    rest = list(ClipLoop(preset, network, lambda first: iter(frames[first:])).frames(resume=whole[2].checkpoint))
    assert [frame.number for frame in rest] == [3, 4, 5]
    assert all(torch.equal(one.picture, whole[one.number].picture) for one in rest)
