"""The fast path's gradient against plain float32 of the untouched network.

In bfloat16 the direction is inherently lost little by little with depth, where ReLUs and poolings of nearly equal
values flip: rounding nothing but the weights of these random networks already costs 1 to 2% of cosine at the deep
layers. So there it is held against torch's own autocast, and, on the shipped network, against a plain bound.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from dreamer.devices import DeviceChoice
from dreamer.networks.network import Network
from dreamer.networks.weights import LoadedNetwork, load_named
from tests.on_device import DEVICE

CASES = {
    "googlenet": ("conv2", "inception4c"),
    "vgg16": ("features.4", "features.22"),
    "resnet50": ("layer1", "layer3"),
    "pocket": ("conv3", "inception4d"),
}


def loaded_with_real_statistics(name: str) -> LoadedNetwork:
    """Random weights that keep the signal's size (He et al. 2015), and batch norms far from the identity."""
    loaded = load_named(name, "random", None)
    generator = torch.Generator().manual_seed(1)
    for module in loaded.module.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            shape = module.running_mean.shape
            module.running_mean.copy_(torch.randn(shape, generator=generator) * 0.1)
            module.running_var.copy_(torch.rand(shape, generator=generator) * 0.6 + 0.7)
            module.weight.data.copy_(torch.rand(shape, generator=generator) * 0.6 + 0.7)
            module.bias.data.copy_(torch.randn(shape, generator=generator) * 0.1)
    return loaded


def plain_gradient(loaded: LoadedNetwork, layer: str, image: Tensor) -> Tensor:
    """On the CPU, where the untouched network is; the gradient comes back on the image's device."""
    seen = SimpleNamespace(value=None)
    handle = loaded.module.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: setattr(seen, "value", output.clone())
    )
    leaf = image.detach().cpu().clone().requires_grad_(True)
    mean, std = (torch.tensor(values, device="cpu").view(1, 3, 1, 1) for values in (loaded.mean, loaded.std))
    loaded.module.eval()((leaf - mean) / std)
    handle.remove()
    return torch.autograd.grad(seen.value.square().mean() / 2, leaf)[0].to(image.device)


def gradient(network: Network, layer: str, image: Tensor) -> Tensor:
    leaf = image.clone().requires_grad_(True)
    score = network.cut([layer])(leaf)[layer].float().square().mean() / 2
    return torch.autograd.grad(score, leaf)[0]


def cosine(one: Tensor, other: Tensor) -> float:
    assert one.dtype == other.dtype == torch.float32
    return float(torch.cosine_similarity(one.flatten(), other.flatten(), dim=0))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.slow
def test_the_fast_gradient_points_where_the_plain_one_does(name: str) -> None:
    loaded = loaded_with_real_statistics(name)
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    exact, rounded = (
        Network(loaded, DeviceChoice(DEVICE, precision, "")) for precision in (torch.float32, torch.bfloat16)
    )
    for number, layer in enumerate(CASES[name]):
        plain = plain_gradient(loaded, layer, image)
        assert cosine(gradient(exact, layer, image), plain) >= 0.9999, layer
        with torch.autocast("cpu", torch.bfloat16):
            automatic = cosine(plain_gradient(loaded, layer, image), plain)
        fast = cosine(gradient(rounded, layer, image), plain)
        assert fast >= (0.99 if number == 0 else min(0.99, automatic - 0.01)), layer
        assert fast >= 0.96, layer


@pytest.mark.slow
def test_on_the_shipped_network_and_a_picture_bfloat16_is_close(shipped_picture: Tensor) -> None:
    loaded = load_named("pocket", "default", None)
    network = Network(loaded, DeviceChoice(DEVICE, torch.bfloat16, ""))
    for layer in ("conv3", "inception3b", "inception4e"):
        assert cosine(gradient(network, layer, shipped_picture), plain_gradient(loaded, layer, shipped_picture)) > 0.98
