"""Fused convolutions and poolings, on the CPU with cuDNN's kernel played by torch; on CUDA as they are."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dreamer.devices import DeviceChoice
from dreamer.networks import gpu_fusion
from dreamer.networks.cut import Cut
from dreamer.networks.gpu_fusion import ConvReLU, IndexedMaxPool, fuse_for_cuda, own_pooling_works
from dreamer.networks.network import Network
from dreamer.networks.weights import load_named
from tests.on_device import DEVICE, within

HERE = DeviceChoice(DEVICE, torch.float32, "")


def photo(side: int = 96) -> Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))


def gradient(cut: Cut, layer: str, image: Tensor) -> Tensor:
    leaf = image.clone().requires_grad_(True)
    return torch.autograd.grad(cut(leaf)[layer].float().square().mean(), leaf)[0]


@pytest.mark.parametrize("layer", ["conv1.conv", "conv1", "maxpool1", "conv3", "inception3b", "inception4a.branch2.0"])
def test_a_fused_network_gives_the_same_layers_and_gradients(layer: str) -> None:
    plain, fused = (Network(load_named("pocket", "default", None), HERE).cut([layer]) for _ in range(2))
    fuse_for_cuda(fused.graph, pools=True)
    kinds = {type(module) for module in fused.graph.modules()}
    assert (nn.ReLU in kinds) == (layer == "conv1.conv" and nn.ReLU in {type(m) for m in plain.graph.modules()})
    assert (ConvReLU in kinds) == (layer != "conv1.conv") and nn.MaxPool2d not in kinds
    assert (IndexedMaxPool in kinds) == (layer not in ("conv1.conv", "conv1"))
    expected = gradient(plain, layer, photo())
    far = within(1e-9, 1e-3 * float(expected.abs().max()))
    torch.testing.assert_close(gradient(fused, layer, photo()), expected, rtol=1e-4, atol=far)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "vgg11_bn", "densenet121"])
@pytest.mark.slow
def test_other_networks_too(name: str) -> None:
    network = Network(load_named(name, "random", None), HERE)
    plain = network.cut([network.layers[-8]])
    expected = {layer: value.clone() for layer, value in plain(photo()).items()}
    fuse_for_cuda(plain.graph, pools=True)
    assert any(isinstance(module, ConvReLU) for module in plain.graph.modules())
    for layer, value in plain(photo()).items():
        torch.testing.assert_close(value, expected[layer], rtol=1e-4, atol=within(1e-6, 1e-4))


@pytest.mark.parametrize("stride, padding, groups", [((1, 1), (1, 1), 1), ((2, 1), (0, 2), 2)])
def test_the_way_back_through_a_fused_convolution(
    stride: tuple[int, int], padding: tuple[int, int], groups: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def played(x: Tensor, weight: Tensor, bias: Tensor, *settings: Any) -> Tensor:
        return F.relu(F.conv2d(x, weight, bias, *settings))

    monkeypatch.setattr(torch, "cudnn_convolution_relu", played)
    generator = torch.Generator().manual_seed(0)
    x, weight, bias = (torch.randn(*size, generator=generator) for size in ((2, 4, 9, 8), (6, 4 // groups, 3, 3), (6,)))
    x.requires_grad_(True)
    fused = gpu_fusion._ConvReLU.apply(x, weight, bias, (stride, padding, (1, 1), groups))
    plain = F.relu(F.conv2d(x, weight, bias, stride, padding, (1, 1), groups))
    given = torch.randn(plain.shape, generator=generator)
    torch.testing.assert_close(torch.autograd.grad(fused, x, given), torch.autograd.grad(plain, x, given))


def test_without_a_compiler_torchs_pooling_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any) -> Tensor:
        raise RuntimeError("Failed to find C compiler.")

    monkeypatch.setattr(gpu_fusion._IndexedPooling, "apply", fails)
    assert not own_pooling_works.__wrapped__(DEVICE)


@pytest.mark.gpu
def test_on_a_gpu_the_fused_kernels_give_the_plain_gradient() -> None:
    device = torch.device("cuda")
    assert own_pooling_works(device)
    image = photo(160).to(device)
    network = Network(load_named("pocket", "default", None), DeviceChoice(device, torch.bfloat16, ""))
    plain = Network(load_named("pocket", "default", None), DeviceChoice(device, torch.float32, ""))
    for layer in ("maxpool1", "conv3", "inception3b", "inception4c"):
        kinds = {type(module) for module in network.cut([layer]).graph.modules()}
        assert ConvReLU in kinds and IndexedMaxPool in kinds
        own, exact = gradient(network.cut([layer]), layer, image), gradient(plain.cut([layer]), layer, image)
        assert torch.cosine_similarity(own.flatten(), exact.flatten(), dim=0) > 0.98
        again = gradient(network.cut([layer]), layer, image)
        assert torch.equal(own, again)
