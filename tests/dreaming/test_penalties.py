from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.dream import dream
from dreamer.dreaming.filters import luma
from dreamer.dreaming.penalties import GRADIENTS, regularization
from tests.dreaming.conftest import scharr
from tests.tiny import TinyNetwork

from .conftest import preset

Function = Callable[[Tensor, Tensor], Tensor]


def total_variation(image: Tensor, photo: Tensor) -> Tensor:
    right, down = F.pad(image.diff(dim=3), (0, 1)), F.pad(image.diff(dim=2), (0, 0, 0, 1))
    return torch.sqrt(right**2 + down**2 + 1e-4).sum()


def color_distance(image: Tensor, photo: Tensor) -> Tensor:
    difference = image - photo
    return (difference - luma(difference)).square().sum()


def low_frequencies(image: Tensor, photo: Tensor) -> Tensor:
    return F.avg_pool2d(image - photo, 8).square().sum()


STATED: dict[str, Function] = {
    "color": lambda image, photo: ((2 * image - 1) ** 4 / 8).sum(),
    "edges": lambda image, photo: scharr(image).square().sum() / 2,
    "total_variation": total_variation,
    "l2": lambda image, photo: (image - 0.5).square().sum(),
    "photo_pixels": lambda image, photo: 2 * (image - photo).square().sum(),
}
MEASURES: dict[str, Function] = {**STATED, "photo_color": color_distance, "photo_shapes": low_frequencies}


@pytest.mark.parametrize("name", STATED)
def test_each_gradient_is_that_of_the_stated_function(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    image, photo = (torch.rand(2, 3, 20, 24, generator=generator, dtype=torch.float64) for _ in range(2))
    leaf = image.requires_grad_(True)
    (expected,) = torch.autograd.grad(STATED[name](leaf, photo), leaf)
    found = GRADIENTS[name](image.detach(), photo)
    assert torch.allclose(found[..., 2:-2, 2:-2], expected[..., 2:-2, 2:-2], atol=1e-6)


def test_color_distance_ignores_brightness_and_shapes_ignore_detail() -> None:
    photo = torch.full((1, 3, 96, 96), 0.5)
    assert GRADIENTS["photo_color"](photo + 0.2, photo).abs().max() < 1e-6
    checks = (torch.arange(96).view(-1, 1) + torch.arange(96)).remainder(2).mul(0.4).sub(0.2)
    assert GRADIENTS["photo_shapes"](photo + checks, photo).abs().max() < 1e-5
    assert GRADIENTS["photo_shapes"](photo + 0.2, photo).min() > 0.5


@pytest.mark.parametrize("name", MEASURES)
def test_each_penalty_holds_its_measure_down(name: str, network: TinyNetwork, photo: Tensor) -> None:
    settings = {"octaves": {"count": 1, "steps": 20}, "ascent": {"step_size": 0.03}}
    free = dream(preset(**settings), network, photo)
    held = dream(preset(**settings, penalties={name: 3.0}), network, photo)
    assert MEASURES[name](held, photo) < 0.9 * MEASURES[name](free, photo)


@pytest.mark.parametrize("layer", [None, "conv1"])
def test_the_photos_features_hold_the_dream_back(layer: str | None, network: TinyNetwork, photo: Tensor) -> None:
    def distance(image: Tensor) -> float:
        seen, first = (network.cut(["conv2"])(each)["conv2"] for each in (image, photo))
        return float((seen - first).norm())

    settings = {"octaves": {"count": 1, "steps": 20}, "ascent": {"step_size": 0.03}}
    held = {"photo_features": 4.0, **({"features_layer": layer} if layer else {})}
    free = dream(preset(**settings), network, photo)
    assert distance(dream(preset(**settings, penalties=held), network, photo)) < 0.9 * distance(free)


def test_the_fidelity_dial_maps_onto_penalties_and_steps() -> None:
    none, half, full = (regularization(preset(fidelity=share)) for share in (0.0, 0.5, 1.0))
    assert none.weights == {} and none.step_factor == 1
    assert half.weights == {"photo_shapes": 1.0, "photo_color": 0.5, "photo_pixels": 0.5}
    assert full.step_factor == 0
    both = regularization(preset(fidelity=0.5, penalties={"photo_color": 0.2, "edges": 0.1}))
    assert both.weights["photo_color"] == pytest.approx(0.7)
    assert both.weights["edges"] == pytest.approx(0.1)
