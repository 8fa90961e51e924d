from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from dreamer.motion.areas import steadied
from dreamer.motion.clips import ClipLoop
from dreamer.motion.flow import Flow
from dreamer.motion.frames import FrameLoop
from tests.motion.films import clip, film
from tests.tiny import TinyNetwork

LEFT = torch.zeros(1, 1, 8, 8)
LEFT[..., :4] = 1
STILL = Flow(torch.zeros(1, 2, 8, 8), torch.ones(1, 1, 8, 8))
MASKED = {"canvas": {"mask": {"subject": True, "feather": 0}}}


def bright_square(names: Sequence[str], frame: Tensor) -> dict[str, Tensor]:
    """A square in the upper left, whatever the frame shows."""
    area = torch.zeros_like(frame[:, :1])
    area[..., : frame.shape[2] // 2, : frame.shape[3] // 2] = 1
    return dict.fromkeys(names, area)


def test_a_thing_that_is_missed_once_does_not_vanish() -> None:
    nothing = torch.zeros(1, 1, 8, 8)
    steady = steadied({"subject": nothing, "faces": nothing}, {"subject": LEFT, "faces": LEFT}, STILL)
    assert float(steady["subject"][..., :3].min()) == pytest.approx(0.8)
    assert float(steady["faces"][..., :3].min()) == pytest.approx(0.9)
    assert torch.equal(steadied({"subject": LEFT}, {}, STILL)["subject"], LEFT)


def test_what_was_hidden_before_is_taken_as_it_is_found() -> None:
    hidden = Flow(STILL.back, torch.zeros(1, 1, 8, 8))
    nothing = torch.zeros(1, 1, 8, 8)
    assert not steadied({"subject": nothing}, {"subject": LEFT}, hidden)["subject"].any()


def test_areas_move_with_the_camera(network: TinyNetwork, photo: Tensor) -> None:
    preset = film({"length": "4f", "pan_x": 2.5, "feedback": False}, **MASKED)
    frames = [frame.picture for frame in FrameLoop(preset, network, photo, find=bright_square).frames()]
    loose = {"brightness": 0, "contrast": 0, "saturation": 0, "detail": 0, "sharpness": 0}
    unmasked = film({"length": "4f", "pan_x": 2.5, "feedback": False, "stabilize": loose}, ascent={"step_size": 1e-9})
    still = [frame.picture for frame in FrameLoop(unmasked, network, photo).frames()]
    changed = [(one - other).abs().amax(1) for one, other in zip(frames, still, strict=True)]
    assert float(changed[0][..., :20, :28].mean()) > 0.003
    # Two frames later the camera is half a width further on, and the square out of sight but for what is mirrored.
    assert float(changed[2][..., :20, 2:].max()) < 1e-5
    assert all(float(change[..., 28:, :].max()) < 1e-5 for change in changed)


@pytest.mark.opencv
def test_a_clip_with_a_mask_goes_on_where_it_was(network: TinyNetwork) -> None:
    frames = clip()

    def loop() -> ClipLoop:
        return ClipLoop(film({}, **MASKED), network, lambda first: iter(frames[first:]), find=bright_square)

    whole = list(loop().frames())
    assert whole[2].checkpoint is not None
    assert set(whole[2].checkpoint.areas) == {"subject"}
    rest = list(loop().frames(resume=whole[2].checkpoint))
    assert all(torch.equal(one.picture, whole[one.number].picture) for one in rest)
    for frame, source in zip(whole, frames, strict=True):
        assert torch.equal(frame.picture[..., 40:, 52:], source[..., 40:, 52:])
    assert not torch.equal(whole[5].picture, frames[5])


def test_a_film_of_masks_gives_each_frame_its_own(network: TinyNetwork, photo: Tensor) -> None:
    halves = []
    for number in range(2):
        half = torch.zeros(1, 3, 48, 64)
        half[..., 32 * number : 32 * number + 32] = 1
        halves.append(half)
    loose = {"brightness": 0, "contrast": 0, "saturation": 0, "detail": 0, "sharpness": 0}
    preset = film(
        {"length": "2f", "zoom": 1, "feedback": False, "stabilize": loose},
        canvas={"mask": {"picture": "mask.mp4", "feather": 0}},
    )
    loop = FrameLoop(preset, network, photo, filmed=lambda number: {"mask.mp4": halves[number]})
    first, second = ((frame.picture - photo).abs().amax(1) for frame in loop.frames())
    assert float(first[..., 34:].max()) < 1e-5 < float(first[..., :30].mean())
    assert float(second[..., :30].max()) < 1e-5 < float(second[..., 34:].mean())
