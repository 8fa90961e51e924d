from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamer.dreaming.targets import bind_target
from dreamer.errors import TargetError, WeightsError
from dreamer.networks import Network, load_network
from dreamer.networks.descriptions import (
    KernelDescription,
    NetworkDescription,
    description_file,
    read_description,
    write_description,
)
from dreamer.networks.kernel_statistics import color_name, describe_kernels, described_layers
from dreamer.presets import Preset
from dreamer.presets.model.schema import Target
from tests.on_device import DEVICE

CLASSES = ("beagle", "samoyed", "rose", "minaret", "car_side")


def kernel(number: int, *lifts: tuple[int, float], color: str = "", grain: str = "fine") -> KernelDescription:
    return KernelDescription("conv", number, 1.0, 0.5, lifts, color, grain)


@pytest.fixture
def described() -> NetworkDescription:
    kernels = (
        kernel(0, (0, 2.0), (1, 1.5)),
        kernel(1, (0, 3.0), (3, 3.0), (4, 3.0)),
        kernel(2, (2, 2.0), color="red", grain="coarse"),
        kernel(3, (2, 1.0), color="yellow"),
    )
    return NetworkDescription("abc", CLASSES, {"conv": kernels})


def found(described: NetworkDescription, words: str) -> list[int]:
    return [each.kernel for _, each in described.kernels_about(words)]


def test_words_find_kernels_by_group_class_color_and_grain(described: NetworkDescription) -> None:
    assert found(described, "dogs")[0] == 0
    assert found(described, "Petals") == [2, 3]
    assert found(described, "red petals") == [2] and found(described, "rose, yellow") == [3]
    assert found(described, "coarse") == [2]
    assert found(described, "minaret") == [1]
    assert described.kernels_about("dogs", "another") == []


def test_the_most_selective_kernels_are_those_with_the_largest_lift(described: NetworkDescription) -> None:
    assert [kernel.kernel for kernel in described.most_selective("conv", 3)] == [1, 0, 2]


def test_unknown_words_get_the_nearest_ones(described: NetworkDescription) -> None:
    with pytest.raises(TargetError, match="beagle"):
        described.kernels_about("baegle")
    with pytest.raises(TargetError, match="'dog'"):
        described.kernels_about("xylographs")


def test_a_description_is_written_and_read_back(described: NetworkDescription, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "net.kernels.json"
    write_description(described, path)
    assert read_description(path) == described
    path.with_name("damaged.json").write_text(path.read_text()[:-20])
    with pytest.raises(WeightsError, match="damaged"):
        read_description(path.with_name("damaged.json"))
    with pytest.raises(WeightsError, match="networks describe"):
        read_description(tmp_path / "missing.json")


def test_descriptions_lie_beside_the_weights_or_in_the_cache() -> None:
    assert description_file(Path("a/net.safetensors"), "x") == Path("a/net.kernels.json")
    assert description_file(None, "digest" * 10).name == f"{('digest' * 10)[:24]}.json"


def test_what_excites_a_kernel_is_found_out() -> None:
    network = load_network("pocket", device=str(DEVICE), precision="float32")
    pixels = torch.zeros(24, 3, 64, 64, dtype=torch.uint8)
    pixels[:12, 0] = 220
    pixels[12:, 2] = 220
    labels = torch.tensor([0] * 12 + [1] * 12)
    found = describe_kernels(network, pixels, labels, ("red things", "blue things"), layers=["conv1"])
    kernels = found.layers["conv1"]
    assert len(kernels) == network.kernels("conv1")
    with torch.no_grad():
        seen = network.cut(["conv1"])(pixels.float() / 255)["conv1"].mean((2, 3))
    lift = ((seen[:12].mean(0) - seen.mean(0)) / seen.std(0)).tolist()
    assert all(each.mean == pytest.approx(float(seen[:, each.kernel].mean()), rel=1e-3) for each in kernels)
    sure = [each for each in kernels if each.classes and each.std > 1e-4]
    assert sure and all((each.classes[0][0] == 0) == (lift[each.kernel] > 0) for each in sure)


def test_blocks_are_described_rather_than_what_is_in_them() -> None:
    pocket = load_network("pocket", device=str(DEVICE))
    assert "inception4c" in described_layers(pocket) and "inception4c.branch1" not in described_layers(pocket)


@pytest.mark.parametrize("color, name", [
    ((0.2, 0.0, 0.0), "red"), ((0.0, 0.2, 0.0), "green"), ((-0.1, -0.1, 0.1), "blue"), ((0.1, 0.1, -0.1), "yellow"),
    ((0.2, 0.2, 0.2), "bright"), ((-0.2, -0.2, -0.2), "dark"), ((0.01, 0.0, 0.01), ""),
])  # fmt: skip
def test_colors_have_names(color: tuple[float, float, float], name: str) -> None:
    assert color_name(*color) == name


@pytest.mark.parametrize("name", ["pocket", "pocket-bold", "pocket-fine"])
@pytest.mark.slow
def test_the_shipped_networks_know_their_kernels(name: str) -> None:
    network = load_network(name, device=str(DEVICE))
    description = network.description
    assert description.digest == network.weights_digest
    assert all(len(kernels) == network.kernels(layer) for layer, kernels in description.layers.items())
    dogs = network.kernels_about("inception4e", "dogs")
    assert 1 <= len(dogs) <= 8
    with pytest.raises(TargetError, match="Try"):
        network.kernels_about("conv1", "dogs")


def bound_kernels(network: Network, kernels: object) -> int:
    target = Target.model_validate({"layer": "inception4e", "kernels": kernels, "measure": "mean"})
    bound = bind_target(target, network, {}, torch.rand(1, 3, 64, 64), 64)
    activation = torch.zeros(1, network.kernels("inception4e"), 2, 2)
    activation[:, network.kernels_about("inception4e", "dogs")] = 1
    from dreamer.dreaming.bound_targets import Window

    return int(bound.score({"inception4e": activation}, None, Window(0, 0, 64, 64, 64, 64)) == 1)


def test_a_preset_names_kernels_by_words() -> None:
    network = load_network("pocket", device=str(DEVICE))
    assert bound_kernels(network, "dogs") == 1
    assert bound_kernels(network, "0-300") == 0
    preset = Preset.model_validate({"targets": [{"layer": "inception4e", "kernels": "dogs"}]})
    assert preset.targets[0].kernels == "dogs"
