from __future__ import annotations

import weakref
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.dream import OctaveState, dream
from dreamer.dreaming.events import DreamEvent, OctaveStarted, StepDone, Warned
from dreamer.dreaming.filters import gaussian_blur, luma, resized
from dreamer.errors import PresetError
from tests.tiny import TinyNetwork

from .conftest import preset


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(network: TinyNetwork, photo: Tensor) -> None:
    first, again, other = (dream(preset(seed=seed), network, photo) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, dream(preset(seed=5), network, photo, frame=1))


@pytest.mark.parametrize("start", ["noise", "gray"])
def test_without_a_photo(start: str, network: TinyNetwork) -> None:
    recipe = preset(canvas={"start": start, "size": [40, 24]}, octaves={"output_scale": 2.0})
    picture = dream(recipe, network)
    assert picture.shape == (1, 3, 48, 80)
    assert picture.std() > 0.005
    assert picture.min() >= 0 and picture.max() <= 1


@pytest.mark.parametrize("space", ["pixels", "fourier"])
@pytest.mark.parametrize("count", [1, 4])
def test_detail_is_carried_not_the_resampled_photo(space: str, count: int, network: TinyNetwork, photo: Tensor) -> None:
    """Without steps nothing is dreamt, and the photo comes back as sharp as it was."""
    recipe = preset(octaves={"count": count, "steps": [0] * count}, canvas={"space": space})
    picture = dream(recipe, network, photo)
    assert torch.allclose(picture, photo, atol=0 if space == "pixels" else 2e-3)


def sharpness(image: Tensor) -> Tensor:
    return (image - gaussian_blur(image, 1.5)).norm()


def test_the_photo_keeps_its_sharpness_where_a_resampled_picture_would_not(network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(octaves={"count": 3, "scale": 2.0, "steps": [6, 0, 0]})
    picture = dream(recipe, network, photo)
    assert (picture - photo).abs().max() > 0.03
    resampled = resized(resized(photo, 12, 16), 48, 64)
    assert sharpness(picture) > 0.95 * sharpness(photo) > 1.5 * sharpness(resampled)


def test_a_larger_output_has_the_detail_of_a_larger_photo(network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(canvas={"size": 32}, octaves={"count": 2, "output_scale": 2.0, "steps": [0, 0]})
    assert torch.equal(dream(recipe, network, photo), photo)


BATCHES: list[dict[str, object]] = [
    {"ascent": {"bands": 2}, "penalties": {"edges": 0.2}},
    {"canvas": {"space": "fourier"}, "ascent": {"optimizer": "adam"}},
    {"normalize_targets": True, "ascent": {"momentum": 0.5, "transform": {"rotate": 5}}},
    {"fidelity": 0.3, "keep_colors": True, "penalties": {"photo_features": 1.0}},
    {"ascent": {"blur": 0.8, "clip_small_norm": 0.2, "clip_small_contribution": 0.2}},
]


@pytest.mark.parametrize("settings", BATCHES, ids=str)
def test_each_picture_of_a_batch_comes_out_as_it_would_alone(
    settings: dict[str, object], network: TinyNetwork, photo: Tensor
) -> None:
    both = torch.cat([photo, 1 - photo])
    recipe = preset({"layer": "conv2"}, {"class": "dog"}, **settings)
    together = dream(recipe, network, both)
    for number in range(2):
        assert torch.allclose(together[number], dream(recipe, network, both[number : number + 1])[0], atol=1e-5)


@pytest.mark.parametrize("space", ["pixels", "fourier"])
def test_outside_the_mask_the_photo_stays_as_it_is(space: str, network: TinyNetwork, photo: Tensor) -> None:
    mask = {"shape": "rectangle", "center": [0.25, 0.5], "size": [0.5, 1.0], "feather": 0.05}
    picture = dream(preset(canvas={"mask": mask, "space": space}), network, photo)
    assert torch.equal(picture[..., 36:], photo[..., 36:])
    assert (picture - photo)[..., :28].abs().max() > 0.02


def test_a_subject_is_dreamt_on_where_it_was_found(network: TinyNetwork, photo: Tensor) -> None:
    area = torch.zeros(1, 1, 48, 64)
    area[..., :30] = 1
    recipe = preset(canvas={"mask": {"subject": True, "feather": 0}})
    picture = dream(recipe, network, photo, areas={"subject": area})
    assert torch.allclose(picture[..., 34:], photo[..., 34:], atol=1e-6)
    assert (picture - photo)[..., :26].abs().mean() > 0.005
    with pytest.raises(PresetError, match="a mask wants 'subject' found, but there is no photo"):
        dream(recipe, network, photo)


def test_an_empty_area_is_told(network: TinyNetwork, photo: Tensor) -> None:
    heard: list[object] = []
    areas = {"find dog": torch.stack([torch.zeros(1, 48, 64), torch.ones(1, 48, 64)])}
    dream(
        preset(canvas={"mask": {"find": "dog"}}), network, photo.expand(2, -1, -1, -1), areas=areas, listen=heard.append
    )
    (warned,) = [event for event in heard if isinstance(event, Warned)]
    assert warned.warning.kind == "nothing_found"
    assert warned.pictures == (0,)


def test_a_masked_target_paints_inside_its_mask_only(network: TinyNetwork, photo: Tensor) -> None:
    mask = {"picture": "half", "feather": 0}
    half = torch.zeros(1, 3, 48, 64)
    half[..., :32] = 1
    recipe = preset({"layer": "conv2", "mask": mask}, octaves={"count": 1}, ascent={"jitter": 5})
    change = (dream(recipe, network, photo, pictures={"half": half}) - photo).abs()
    assert change[..., 34:].max() < 1e-6 < 0.01 < change[..., :30].max()


def test_keep_colors_changes_brightness_only(network: TinyNetwork, photo: Tensor) -> None:
    picture = dream(preset(keep_colors=True), network, photo)
    inside = ((picture > 0.001) & (picture < 0.999)).all(1, keepdim=True).expand_as(picture)
    difference = (picture - luma(picture)) - (photo - luma(photo))
    assert difference[inside].abs().max() < 1e-3
    assert (picture - photo).abs().max() > 0.02


def test_fidelity_is_one_dial_from_the_dream_to_the_photo(network: TinyNetwork, photo: Tensor) -> None:
    recipes = [preset(fidelity=share, octaves={"steps": 12}) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    distances = [float((dream(recipe, network, photo) - photo).norm()) for recipe in recipes]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 1
    assert distances[-1] == 0


def test_events_tell_octaves_steps_and_the_work_done(network: TinyNetwork, photo: Tensor) -> None:
    events: list[DreamEvent] = []
    dream(preset(octaves={"count": 2, "scale": 2.0, "steps": [3, 2]}), network, photo, listen=events.append)
    started = [event for event in events if isinstance(event, OctaveStarted)]
    steps = [event for event in events if isinstance(event, StepDone)]
    assert [(event.octave, event.height, event.width, event.steps) for event in started] == [
        (1, 24, 32, 3),
        (2, 48, 64, 2),
    ]
    assert [(event.octave, event.step) for event in steps] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    shares = [event.work for event in steps]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)
    assert all(event.objective.shape == (1,) for event in steps)


def test_octaves_without_a_target_take_no_steps(network: TinyNetwork, photo: Tensor) -> None:
    events: list[DreamEvent] = []
    recipe = preset({"layer": "conv2", "octaves": [1, 2]}, octaves={"count": 3, "steps": 2})
    dream(recipe, network, photo, listen=events.append)
    assert [event.steps for event in events if isinstance(event, OctaveStarted)] == [2, 2, 0]
    assert [event.work for event in events if isinstance(event, StepDone)][-1] == 1.0


def test_a_picture_that_is_named_must_be_given(network: TinyNetwork, photo: Tensor) -> None:
    with pytest.raises(PresetError, match=r"'a\.jpg' is named"):
        dream(preset({"layer": "conv2", "guide": "a.jpg"}), network, photo)


def test_a_missing_photo_is_named(network: TinyNetwork) -> None:
    with pytest.raises(PresetError, match="no photo"):
        dream(preset(), network)


def test_photos_of_any_shape_are_cropped_to_a_given_size(network: TinyNetwork, photo: Tensor) -> None:
    picture = dream(preset(canvas={"size": [30, 50]}), network, photo)
    assert picture.shape == (1, 3, 50, 30)


@pytest.mark.parametrize("scale", [1.5, 3.0])
def test_between_octaves_the_dream_is_sharpened_and_the_photo_is_not(
    scale: float, network: TinyNetwork, photo: Tensor
) -> None:
    plain, crisp = (
        dream(preset(octaves={"count": 2, "scale": scale, "steps": [6, 0], "sharpen": amount}), network, photo) - photo
        for amount in (0.0, 2.0)
    )
    assert sharpness(crisp) > 1.5 * sharpness(plain)
    still = preset(octaves={"count": 2, "steps": [0, 0], "sharpen": 2.0})
    assert torch.equal(dream(still, network, photo), photo)


@pytest.mark.parametrize(
    "settings", [{}, {"canvas": {"start": "noise", "size": 80}}, {"tiles": {"size": 64, "halo": 8}}]
)
def test_taken_up_after_any_octave_the_pixels_are_the_same(
    settings: dict[str, object], network: TinyNetwork, photo: Tensor
) -> None:
    recipe = preset(**{"octaves": {"count": 3}, **settings})
    large = photo.repeat(1, 1, 2, 2)
    states: list[OctaveState] = []
    whole = dream(recipe, network, large, keep=states.append)
    assert [state.octave for state in states] == [1, 2]
    for state in states:
        events: list[DreamEvent] = []
        found = dream(recipe, network, large, free_memory=1 << 20, resume=state, listen=events.append)
        assert torch.equal(found, whole)
        first = next(event for event in events if isinstance(event, OctaveStarted))
        assert first.octave == state.octave + 1


def test_the_picture_that_is_taken_up_is_not_kept(network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(octaves={"count": 3})
    states: list[OctaveState] = []
    dream(recipe, network, photo, keep=states.append)
    picture = weakref.ref(states[0].picture)
    alive: list[bool] = []
    del states[1:]
    dream(recipe, network, photo, resume=states.pop(), keep=lambda state: alive.append(picture() is not None))
    assert alive == [False]


def test_a_target_that_was_dead_before_is_told_of_where_it_is_taken_up(network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(octaves={"count": 2, "steps": [1, 0]})
    states: list[OctaveState] = []
    dream(recipe, network, photo, keep=states.append)
    events: list[DreamEvent] = []
    dream(recipe, network, photo, resume=replace(states[0], alive={0: False}), listen=events.append)
    assert [event.warning.kind for event in events if isinstance(event, Warned)] == ["dead_target"]


def test_a_state_of_another_dream_is_not_taken_up(network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(octaves={"count": 2})
    whole = dream(recipe, network, photo)
    for state in (OctaveState(1, photo, 1 << 30, None, {}), OctaveState(2, photo, 1 << 30, None, {})):
        assert torch.equal(dream(recipe, network, photo, resume=state), whole)
