from __future__ import annotations

import pytest
import torch
from torch import fx, nn

from dreamer.devices import DeviceChoice
from dreamer.networks import Network, load_network
from dreamer.networks.circular import make_circular, wrapped
from dreamer.networks.weights import load_named
from dreamer.presets.model.canvas import Wraps
from tests.on_device import DEVICE, within

HERE = DeviceChoice(DEVICE, torch.float32, "")
BOTH: Wraps = (True, True)


def test_cells_of_the_other_side_are_put_around_a_map() -> None:
    maps = torch.arange(6.0).view(1, 1, 2, 3)
    assert wrapped(maps, (0, 1), (1, 0))[0, 0].tolist() == [[2, 0, 1, 2], [5, 3, 4, 5], [2, 0, 1, 2]]
    assert wrapped(maps, (0, 0), (4, 4))[0, 0, 0].tolist() == [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
    last = torch.rand(1, 8, 4, 4).to(memory_format=torch.channels_last)
    assert wrapped(last, (1, 1), (1, 1)).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    "layer", [nn.Conv2d(3, 4, 7, stride=2, padding=3), nn.MaxPool2d(3, 2, ceil_mode=True), nn.AvgPool2d(2, 1),
              nn.Conv2d(3, 4, 3, padding=2, dilation=2), nn.Conv2d(3, 4, 1, stride=2)]
)  # fmt: skip
def test_a_sliding_window_gives_a_cell_for_each_stride(layer: nn.Module) -> None:
    torch.manual_seed(0)
    graph = fx.symbolic_trace(nn.Sequential(layer).to(DEVICE))
    make_circular(graph, BOTH)
    graph.recompile()
    image = torch.rand(1, 3, 12, 16)
    stride = int(torch.tensor(layer.stride).max())
    seen = graph(image)
    assert seen.shape[2:] == (12 // stride, 16 // stride)
    rolled = graph(image.roll((stride, 2 * stride), (2, 3)))
    assert torch.allclose(rolled, seen.roll((1, 2), (2, 3)), atol=within(1e-6, 1e-5))


def test_only_the_axes_that_wrap_change() -> None:
    conv = nn.Conv2d(3, 4, 3, padding=1).to(DEVICE)
    graph = fx.symbolic_trace(nn.Sequential(conv))
    make_circular(graph, (False, True))
    graph.recompile()
    image = torch.rand(1, 3, 8, 8)
    padded = nn.functional.pad(nn.functional.pad(image, (1, 1, 0, 0), "circular"), (0, 0, 1, 1))
    assert torch.allclose(graph(image), nn.functional.conv2d(padded, conv.weight, conv.bias), atol=within(1e-6, 1e-5))


@pytest.mark.parametrize("layer", ["conv3", "inception4c", "logits"])
def test_rolling_by_the_stride_rolls_the_maps_of_the_shipped_network(layer: str) -> None:
    cut = load_network("pocket", device=DEVICE.type, precision="float32").cut([layer], wraps=BOTH)
    image = torch.rand(1, 3, 2 * cut.stride + 32, 3 * cut.stride + 64, generator=torch.Generator().manual_seed(1))
    image = image[..., : image.shape[2] // cut.stride * cut.stride, : image.shape[3] // cut.stride * cut.stride]
    image = image.to(DEVICE)
    seen, rolled = (cut(each)[layer] for each in (image, image.roll((cut.stride, -cut.stride), (2, 3))))
    expected = seen if layer == "logits" else seen.roll((1, -1), (2, 3))
    assert torch.allclose(rolled, expected, atol=1e-4 * float(seen.abs().max()))


# A layer deep inside each family, and px for each of its cells.
FAMILIES = {
    "alexnet": ("features.6", 16),
    "squeezenet1_1": ("features.7", 8),
    "densenet121": ("features.denseblock2", 8),
    "mobilenet_v3_small": ("features.5", 16),
    "convnext_tiny": ("features.3", 8),
    "inception_v3": ("Mixed_7c", 32),
    "regnet_y_400mf": ("trunk_output.block2", 8),
    "vgg16": ("features.28", 16),
    "resnet18": ("layer4", 32),
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.slow
def test_every_family_wraps(name: str) -> None:
    layer, stride = FAMILIES[name]
    network = Network(load_named(name, "random", None), HERE)
    cut = network.cut([layer], wraps=BOTH)
    assert cut.stride == stride and network.cut(["logits"], wraps=BOTH).stride <= 32
    image = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1)).to(DEVICE)
    seen, rolled = (cut(each)[layer] for each in (image, image.roll((stride, stride), (2, 3))))
    assert seen.shape[2:] == (64 // stride, 96 // stride)
    assert torch.allclose(rolled, seen.roll((1, 1), (2, 3)), atol=1e-4 * float(seen.abs().max()))
