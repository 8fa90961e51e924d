from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dreamer.errors import TargetError
from dreamer.inspection.choices import strongest_on
from dreamer.inspection.deconvolution import project, support
from dreamer.inspection.tracing import otsu_threshold, trace_kernel
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice
from tests.inspection.conftest import assert_close, network_of
from tests.on_device import DEVICE


class SmallVgg(nn.Module):
    """Three convolutions, two poolings; ReLU as a module in place, as a function and as a method."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (
            nn.Conv2d(3, 8, 3, padding=1),
            nn.Conv2d(8, 12, 3, padding=1),
            nn.Conv2d(12, 16, 3),
        )
        self.relu = nn.ReLU(inplace=True)
        self.pool1, self.pool2 = nn.MaxPool2d(2), nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu(self.conv1(x)))
        x = self.pool2(F.relu(self.conv2(x), inplace=True))
        return self.conv3(x).relu_()


def reference(net: SmallVgg, image: Tensor, kernel: int) -> Tensor:
    """The deconvnet as the paper tells it, by max_unpool2d and conv_transpose2d."""
    x = F.relu(net.conv1((image - 0.5) / 0.25))
    x, first = F.max_pool2d(x, 2, return_indices=True)
    x = F.relu(net.conv2(x))
    x, second = F.max_pool2d(x, 2, return_indices=True)
    top = F.relu(net.conv3(x))
    own = top[0, kernel]
    signal = torch.zeros_like(top)
    signal[0, kernel].view(-1)[own.argmax()] = own.max()
    back = F.conv_transpose2d(F.relu(signal), net.conv3.weight)
    back = F.max_unpool2d(back, second, 2, output_size=(back.shape[2] * 2, back.shape[3] * 2))
    back = F.conv_transpose2d(F.relu(back), net.conv2.weight, padding=1)
    back = F.max_unpool2d(back, first, 2, output_size=(back.shape[2] * 2, back.shape[3] * 2))
    return F.conv_transpose2d(F.relu(back), net.conv1.weight, padding=1)[0] / 0.25


def test_it_agrees_with_unpooling_and_transposed_filters() -> None:
    torch.manual_seed(5)
    net = SmallVgg()
    image = torch.rand(1, 3, 32, 40)
    network = network_of(net)
    (layer,) = [name for name in network.layers if name == "conv3"]
    for found in project(network, image, layer, strongest_on(network, image, layer, 4)):
        assert_close(found.picture.cpu(), reference(net, image.cpu(), found.kernel))


def test_a_batch_norm_is_part_of_its_convolution() -> None:
    torch.manual_seed(6)
    conv, norm = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
    norm.running_mean, norm.running_var = torch.randn(4).cpu(), torch.rand(4).cpu() + 0.5
    norm.weight.data, norm.bias.data = torch.rand(4).cpu() + 0.5, torch.randn(4).cpu()
    network = network_of(nn.Sequential(conv, norm, nn.ReLU(inplace=True), nn.MaxPool2d(2)))
    image = torch.rand(1, 3, 40, 40)
    (found,) = project(network, image, "3", [2], "all")
    image = image.cpu()
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    top, switches = F.max_pool2d(F.relu(norm.eval()(conv((image - 0.5) / 0.25))), 2, return_indices=True)
    signal = torch.zeros_like(top)
    signal[0, 2] = top[0, 2]
    back = F.relu(F.max_unpool2d(signal, switches, 2)) * scale.view(1, -1, 1, 1)
    assert_close(found.picture.cpu(), (F.conv_transpose2d(back, conv.weight, padding=1)[0] / 0.25).detach())


@pytest.mark.parametrize(
    "name", ["pocket", "vgg11_bn", "resnet18", "googlenet", "squeezenet1_1", "densenet121", "alexnet"]
)
@pytest.mark.slow
def test_networks_of_convolutions_and_relu_are_projected(name: str) -> None:
    weights = "default" if name == "pocket" else "random"
    network = load_network(NetworkChoice(name=name, weights=weights), device=str(DEVICE), precision="float32")
    image = torch.rand((1, 3, 96, 96), generator=torch.Generator().manual_seed(2))
    layer = [shape.name for shape in network.describe(96, 96) if shape.height > 4][-1]
    found = project(network, image, layer, strongest_on(network, image, layer, 2))
    assert all(torch.isfinite(each.picture).all() and each.picture.abs().max() > 0 for each in found)


def test_other_nonlinearities_are_refused() -> None:
    network = load_network(NetworkChoice(name="efficientnet_b0", weights="random"), device=str(DEVICE))
    with pytest.raises(TargetError, match="SiLU"):
        project(network, torch.rand(1, 3, 64, 64), "features.3", [0])


def test_kernels_and_layers_that_are_not_there_are_told(pocket: Network, photo: Tensor) -> None:
    with pytest.raises(TargetError, match="no kernel 9999"):
        project(pocket, photo, "inception4c", [9999])
    with pytest.raises(TargetError, match="inception4c"):
        project(pocket, photo, "inception4x", [0])


def test_one_unit_reaches_no_further_than_its_receptive_field(pocket: Network, photo: Tensor) -> None:
    with torch.no_grad():
        kernel = int(pocket.cut(["maxpool1"])(photo)["maxpool1"][0, :, 12, 16].argmax())
    (one,) = project(pocket, photo, "maxpool1", [kernel], (0.5, 0.5))
    assert one.cell == (12, 16)
    top, left, bottom, right = one.box
    assert 0 < bottom - top <= 11 and 0 < right - left <= 11
    assert support(torch.zeros(3, 4, 4)) == (0, 0, 0, 0)


def test_a_trace_finds_the_thing_that_excites_the_kernel(pocket: Network) -> None:
    image = torch.full((1, 3, 128, 128), 0.5)
    rings = torch.zeros(40, 40)
    rows, columns = torch.meshgrid(torch.arange(40.0) - 20, torch.arange(40.0) - 20, indexing="ij")
    rings = 0.5 + 0.5 * torch.sin(torch.hypot(rows, columns))
    image[:, :, 70:110, 20:60] = rings
    (kernel,) = strongest_on(pocket, image, "inception3b", 1)
    trace = trace_kernel(pocket, image, "inception3b", kernel)
    row, column = divmod(int(trace.heat.argmax()), 128)
    assert 60 <= row <= 120 and 10 <= column <= 70
    top, left, bottom, right = trace.box
    assert top >= 40 and left <= 60 and bottom <= 128 and right <= 90
    assert float(trace.mask.min()) < 0.05 and float(trace.mask.max()) > 0.8


def test_otsu_parts_two_heaps() -> None:
    heat = torch.cat([torch.full((500,), 0.1), torch.full((300,), 0.8)]).view(20, 40).cpu()
    assert 0.1 < otsu_threshold(heat) < 0.8


@pytest.mark.slow
def test_a_preset_takes_the_silhouette_as_its_mask(tmp_path: Path, photo: Tensor) -> None:
    from click.testing import CliRunner

    from dreamer.cli import main
    from dreamer.pictures import read_picture, write_picture

    write_picture(tmp_path / "photo.png", photo[0])
    mask = tmp_path / "mask.png"
    args = ["inspect", "trace", str(tmp_path / "photo.png"), "--layer", "inception3b", "--mask", str(mask), "-o",
            str(tmp_path / "trace.png")]  # fmt: skip
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    assert read_picture(mask).pixels.shape == (3, 96, 128)
    args = ["render", str(tmp_path / "photo.png"), "-p", "whisper", "-o", str(tmp_path / "out.png"), "--set",
            f"canvas.mask.picture={mask}", "--set", "octaves.count=1", "--set", "octaves.steps=1"]  # fmt: skip
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
