from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from dreamer import buffers
from dreamer.dreaming import normalization, strips
from dreamer.dreaming.dream import dream
from dreamer.dreaming.filters import blurred, halved, resized, sharpened
from dreamer.dreaming.normalization import SIZES, band_normalized
from dreamer.dreaming.strips import updated
from dreamer.dreaming.transforms import ViewTransform
from tests.on_device import DEVICE, within
from tests.tiny import TinyNetwork

from .conftest import preset


@pytest.fixture
def in_strips(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, every picture is large, and a strip has a few rows."""

    def begin() -> None:
        monkeypatch.setattr(strips, "LARGE", 1000)
        monkeypatch.setattr(strips, "STRIP", 1000)
        monkeypatch.setattr(strips, "SMALLEST", 14)
        monkeypatch.setattr(normalization, "PART", 1000)

    return begin


def picture(height: int = 61, width: int = 83) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))


WHOLE: dict[str, Callable[[Tensor], Tensor]] = {
    "blur": lambda image: blurred(image, 1.3),
    "wide blur": lambda image: blurred(image, 6.0),
    "sharpened": lambda image: sharpened(image, 0.7, 1.4),
    "sharpened widely": lambda image: sharpened(image, 0.7, 6.0),
    "halved": halved,
    "bands": lambda image: band_normalized(image, 3),
    "larger": lambda image: resized(image, 91, 130),
    "smaller": lambda image: resized(image, 33, 45),
    "rolled": lambda image: ViewTransform(7, -30).pulled_back(image),
    "turned": lambda image: ViewTransform(7, -30, 0.1, 1.1).pulled_back(image),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("size", [(61, 83), (64, 96)])
def test_in_strips_a_filter_gives_what_the_whole_gives(
    name: str, size: tuple[int, int], in_strips: Callable[[], None]
) -> None:
    whole = WHOLE[name](picture(*size))
    in_strips()
    found = WHOLE[name](picture(*size))
    # Statistics add up in another order; one channel is enlarged by another path of torch than three.
    nearly = name in ("bands", "wide blur", "sharpened widely") or DEVICE.type != "cpu"
    assert torch.allclose(found, whole, atol=within(1e-6, 1e-5)) if nearly else torch.equal(found, whole)


@pytest.mark.parametrize("name", SIZES)
def test_statistics_are_of_the_whole_picture(name: str, in_strips: Callable[[], None]) -> None:
    gradient = torch.cat([picture(), 100 * picture() ** 4])
    whole = SIZES[name](gradient)
    in_strips()
    assert torch.allclose(SIZES[name](gradient), whole, rtol=within(1e-5, 1e-4))


def test_statistics_of_more_values_than_float32_can_count_are_exact() -> None:
    ones = torch.ones(1).expand(1, 5 << 24)
    sizes = [float(SIZES[name](ones)) for name in ("mean", "rms")]
    assert sizes == pytest.approx([1, 1], rel=0, abs=within(0.0, 1e-6))


def test_a_strip_sees_the_rows_above_as_they_were(in_strips: Callable[[], None]) -> None:
    in_strips()
    image = picture()
    expected = image + image.roll(1, 2) + image.roll(-1, 2)
    found = updated(image.clone(), lambda part: part + part.roll(1, 2) + part.roll(-1, 2), margin=1)
    assert torch.equal(found[:, :, 1:-1], expected[:, :, 1:-1])


EVERYTHING: dict[str, dict[str, Any]] = {
    "plain": {},
    "penalties": {
        "penalties": {"edges": 0.5, "total_variation": 0.3, "color": 0.1, "l2": 0.1, "photo_features": 0.2},
        "fidelity": 0.3,
    },
    "bands and momentum": {"ascent": {"bands": 3, "momentum": 0.5, "normalization": "std"}},
    "adam and a view": {"ascent": {"optimizer": "adam", "transform": {"scale": 0.1, "rotate": 4}, "smooth": 0.8}},
    "regularized": {"ascent": {"blur": 0.6, "decay": 0.01, "clip_small_norm": 0.1, "clip_small_contribution": 0.1}},
    "masked colors": {"keep_colors": True, "canvas": {"mask": {"shape": "ellipse"}}, "octaves": {"sharpen": 0.3}},
    "fourier": {"canvas": {"space": "fourier"}, "ascent": {"step_size": 0.1}},
    "balanced": {
        "targets": [{"layer": "conv2"}, {"layer": "conv1", "mask": {"shape": "ellipse"}}],
        "normalize_targets": True,
    },
}


@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize("tile", ["off", 64])
def test_a_dream_in_strips_is_the_dream(
    name: str, tile: str | int, network: TinyNetwork, photo: Tensor, in_strips: Callable[[], None]
) -> None:
    recipe = preset(tiles={"size": tile, "halo": 16}, **EVERYTHING[name])
    large = resized(photo, 96, 128).clamp(0, 1)
    before = large.clone()
    whole = dream(recipe, network, large)
    in_strips()
    assert torch.allclose(dream(recipe, network, large), whole, atol=within(2e-5))
    assert torch.equal(large, before)


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_dream_in_files_is_the_dream_in_memory(
    name: str,
    network: TinyNetwork,
    photo: Tensor,
    in_strips: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe, large = preset(tiles={"size": 64, "halo": 16}, **EVERYTHING[name]), resized(photo, 96, 128).clamp(0, 1)
    in_strips()
    in_memory = dream(recipe, network, large)
    monkeypatch.setattr(buffers, "LARGE", 1000)
    monkeypatch.setattr(buffers, "available_memory", lambda: 0)
    in_files = dream(recipe, network, large)
    assert torch.equal(in_files, in_memory)
    # What a GPU holds is in its own memory.
    assert buffers.is_mapped(in_files) == (name != "fourier" and DEVICE.type == "cpu")
