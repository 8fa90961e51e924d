from __future__ import annotations

import gc

import pytest
import torch
from torch import Tensor, nn

from dreamer.devices import DeviceChoice
from dreamer.errors import TargetError
from dreamer.networks import Network, load_network
from dreamer.networks.weights import LoadedNetwork, load_named
from dreamer.presets.model.schema import NetworkChoice
from tests.on_device import DEVICE

HERE = DeviceChoice(DEVICE, torch.float32, "")
# A layer in the middle of each family, by the name that a person would use.
FAMILIES = {
    "alexnet": "features.6",
    "squeezenet1_1": "features.7",
    "densenet121": "features.denseblock2",
    "mobilenet_v3_small": "features.5",
    "efficientnet_b0": "features.4",
    "convnext_tiny": "features.3",
    "inception_v3": "Mixed_5d",
    "regnet_y_400mf": "trunk_output.block2",
    "shufflenet_v2_x0_5": "stage3",
    "mnasnet0_5": "layers.9",
}


def plain(loaded: LoadedNetwork, image: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """Logits and the layer's own values, of the untouched network."""
    seen: list[Tensor] = []
    handle = loaded.module.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: seen.append(output.clone())
    )
    mean, std = (torch.tensor(values, device="cpu").view(1, 3, 1, 1) for values in (loaded.mean, loaded.std))
    with torch.no_grad():
        logits = loaded.module.eval()((image.cpu() - mean) / std)
    handle.remove()
    return logits.to(image.device), seen[0].to(image.device)


def unsettle(module: nn.Module) -> None:
    generator = torch.Generator().manual_seed(2)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.copy_(torch.randn(norm.running_mean.shape, generator=generator) * 0.1)
            norm.bias.data.copy_(torch.randn(norm.bias.shape, generator=generator) * 0.1)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.slow
def test_every_family_gives_what_the_plain_network_gives(name: str) -> None:
    loaded = load_named(name, "random", None)
    unsettle(loaded.module)
    image = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    logits, values = plain(loaded, image, FAMILIES[name])
    network = Network(loaded, HERE)
    with torch.no_grad():
        seen = network.cut([FAMILIES[name], "logits"])(image)
    assert torch.allclose(seen["logits"], logits, atol=1e-4 * float(logits.abs().max()))
    assert torch.allclose(seen[FAMILIES[name]], values, atol=1e-4 * float(values.abs().max()))


@pytest.mark.parametrize(
    "name, layers",
    [
        ("googlenet", ["conv1.conv", "conv1.bn", "conv1", "inception3a.branch1.bn", "inception3a"]),
        ("resnet18", ["conv1", "bn1", "relu", "layer1.0.bn2", "layer1.0", "layer2.0.downsample.1", "layer2"]),
        ("vgg11_bn", ["features.0", "features.1", "features.2"]),
    ],
)
@pytest.mark.slow
def test_captured_layers_hold_their_own_values(name: str, layers: list[str]) -> None:
    """Neither folded away nor overwritten by the in-place operation behind them."""
    loaded = load_named(name, "random", None)
    unsettle(loaded.module)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    expected = {layer: plain(loaded, image, layer)[1] for layer in layers}
    network = Network(loaded, HERE)
    with torch.no_grad():
        together = network.cut(layers)(image)
        for layer in layers:
            alone = network.cut([layer])(image)[layer]
            assert torch.allclose(alone, expected[layer], atol=1e-5), layer
            assert torch.allclose(together[layer], expected[layer], atol=1e-5), layer


@pytest.fixture(scope="module")
def pocket() -> Network:
    choice = NetworkChoice(name="pocket", weights="random")
    return load_network(choice, device=str(DEVICE), precision="float32")


@pytest.mark.slow
def test_a_cut_ends_at_its_deepest_layer_frozen_and_folded(pocket: Network) -> None:
    module = pocket.cut(["inception3a"])._module
    names = [name for name, _ in module.named_modules()]
    assert not any(name.startswith(("inception3b", "fc")) for name in names)
    assert not any(isinstance(each, nn.BatchNorm2d) for each in module.modules())
    assert not any(parameter.requires_grad for parameter in module.parameters())
    assert not any(each._forward_hooks or each._backward_hooks for each in module.modules())
    assert pocket.cut(["inception3a"]) is pocket.cut(["inception3a"])
    scaled = Network(load_named("convnext_tiny", "random", None), HERE).cut(["features.1"])._module
    assert all(name.startswith(("features.0", "features.1")) for name, _ in scaled.named_parameters())


@pytest.mark.slow
def test_steps_leave_nothing_behind(pocket: Network) -> None:
    cut = pocket.cut(["inception4a"])

    def step() -> int:
        leaf = torch.rand(1, 3, 64, 64, requires_grad=True)
        torch.autograd.grad(cut(leaf)["inception4a"].sum(), leaf)
        del leaf
        gc.collect()
        return sum(type(each) is Tensor for each in gc.get_objects())

    counts = [step() for _ in range(6)]
    assert counts[-1] <= counts[1]


def test_layers_are_listed_in_order_and_a_wrong_one_names_the_near(pocket: Network) -> None:
    layers = pocket.layers
    assert layers[-1] == "logits"
    assert layers.index("maxpool1") < layers.index("inception3a") < layers.index("inception5b")
    assert pocket.kernels("maxpool3") == 240
    with pytest.raises(TargetError, match="inception4c"):
        pocket.cut(["incption4c"])
    with pytest.raises(TargetError, match="inception3b"):
        pocket.kernels("inceptoin3b")


@pytest.mark.slow
def test_a_leaky_slope_replaces_every_relu() -> None:
    for name in ("pocket", "googlenet", "vgg11"):
        loaded = load_named(name, "random", None)
        layer = {"pocket": "conv1", "googlenet": "conv1", "vgg11": "features.1"}[name]
        with torch.no_grad():
            image = torch.rand(1, 3, 64, 64)
            network = Network(loaded, HERE, negative_slope=0.1)
            assert network.cut([layer])(image)[layer].min() < 0
        module = network.cut(["logits"])._module
        assert not any(type(each) is nn.ReLU for each in module.modules()), name
        assert "relu" not in {getattr(node.target, "__name__", node.target) for node in module.graph.nodes}, name


def test_smallest_and_stride(pocket: Network) -> None:
    assert pocket.cut(["inception4c"]).stride == 16
    assert pocket.cut(["conv1"]).stride == 2
    choice = NetworkChoice(name="alexnet", weights="random")
    cut = load_network(choice, device=str(DEVICE), precision="float32").cut(["logits"])
    assert cut(torch.rand(1, 3, cut.smallest, cut.smallest))["logits"].shape == (1, 1000)
    with pytest.raises(RuntimeError):
        cut(torch.rand(1, 3, cut.smallest - 8, cut.smallest - 8))
