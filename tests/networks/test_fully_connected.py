"""Fully connected layers as layers: against torchvision's own forward pass, with random weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.devices import DeviceChoice
from dreamer.dreaming.dream import dream
from dreamer.inspection.activations import feature_maps
from dreamer.inspection.choices import strongest_on
from dreamer.inspection.embedding import features_of
from dreamer.inspection.strongest_patches import top_patches
from dreamer.networks.network import Network
from dreamer.networks.weights import load_named
from dreamer.presets.model.schema import Preset
from tests.on_device import DEVICE, within


@pytest.fixture(scope="module")
def alexnet() -> Network:
    return opened("alexnet")


def opened(name: str) -> Network:
    return Network(load_named(name, "random", None), DeviceChoice(DEVICE, torch.float32, ""))


def picture(height: int, width: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))


def own_forward(network: Network, layer: str, image: Tensor) -> Tensor:
    """(B, C): what the untouched module computes at a layer, on the CPU, where features are kept."""
    seen: list[Tensor] = []
    # In place ReLUs change what a hook is given as soon as it returns.
    handle = network.module.get_submodule(layer).register_forward_hook(lambda *call: seen.append(call[2].clone()))
    with torch.no_grad():
        network.module(network.normalized(image.cpu()))
    handle.remove()
    return seen[0]


def check(network: Network, asked: str, layer: str, side: int) -> None:
    photo = picture(side, side)
    expected = own_forward(network, layer, photo)
    found = features_of(network, [photo], asked)
    assert found.shape == (1, network.kernels(asked)) and torch.allclose(found, expected, atol=within(1e-5, 1e-4))
    assert expected.std() > 0


@pytest.mark.parametrize("asked, layer", [("fc6", "classifier.1"), ("relu6", "classifier.2"), ("fc7", "classifier.4")])
@pytest.mark.slow
def test_alexnets_features_are_those_of_its_own_forward_pass(asked: str, layer: str, alexnet: Network) -> None:
    check(alexnet, asked, layer, 224)


@pytest.mark.slow
@pytest.mark.parametrize("name, asked, layer", [("vgg16", "fc7", "classifier.3"), ("resnet18", "fc", "fc")])
def test_features_of_others_are_those_of_their_own_forward_pass(name: str, asked: str, layer: str) -> None:
    check(opened(name), asked, layer, 224)


def test_the_shipped_networks_classifier_is_a_layer_at_its_own_input_size() -> None:
    check(
        Network(load_named("pocket", "default", None), DeviceChoice(DEVICE, torch.float32, "")),
        "fc",
        "fc",
        128,
    )


def test_a_photo_of_any_shape_goes_in_as_its_middle_square_at_the_networks_size(alexnet: Network) -> None:
    wide = picture(224, 300)
    square = wide[:, :, :, 38:262]
    assert torch.allclose(
        features_of(alexnet, [wide], "fc7"), own_forward(alexnet, "classifier.4", square), atol=within(1e-5)
    )
    (strongest,) = strongest_on(alexnet, wide, "fc7", 1)
    units = feature_maps(alexnet, wide, ["fc7"], 1)
    assert [unit.kernel for unit in units] == list(range(4096)) and units[0].activation.shape == (1, 1)
    assert max(units, key=lambda unit: unit.mean).kernel == strongest
    ((patch,),) = top_patches(alexnet, [wide], "fc7", [strongest], 1).values()
    assert patch.box == (0, 38, 224, 262) and patch.pixels.shape == (3, 224, 224)
    assert patch.strength == pytest.approx(units[strongest].peak)


def test_a_dream_climbs_a_unit_of_a_fully_connected_layer(alexnet: Network) -> None:
    preset = Preset.model_validate(
        {
            "targets": [{"layer": "fc7", "kernels": 12, "measure": "mean"}],
            "octaves": {"count": 1, "steps": 6},
            "ascent": {"jitter": 0},
        }
    )
    photo = picture(96, 96)
    dreamt = dream(preset, alexnet, photo)
    before, after = (alexnet.cut(["fc7"])(image)["fc7"][0, 12].item() for image in (photo, dreamt))
    assert after > before + 1e-4
