from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from dreamer.errors import WeightsError
from dreamer.networks import load_network
from dreamer.networks.catalog import find_entry
from dreamer.networks.labels import read_labels
from dreamer.networks.network import class_names
from dreamer.networks.weights import load_named, load_pocket_file
from dreamer.presets import load_preset
from dreamer.presets.model.schema import NetworkChoice
from tests.on_device import DEVICE, within


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """A resnet18's weights for five classes."""
    return find_entry("resnet18").build(5).state_dict()


@pytest.mark.parametrize("form", ["plain.pth", "module.pth", "nested.pth.tar", "plain.safetensors"])
@pytest.mark.slow
def test_local_weights_of_several_forms(form: str, state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path, labels = tmp_path / form, tmp_path / "labels.txt"
    prefixed = {f"module.{key}": value for key, value in state.items()}
    if form.endswith("safetensors"):
        save_file(state, path)
    else:
        torch.save({"plain": state, "module": prefixed, "nested": {"state_dict": prefixed}}[form.split(".")[0]], path)
    labels.write_text("/a/airfield 0\n/b/bamboo_forest 1\n/c/canal/natural 2\nriver\nsea\n")
    loaded = load_named("resnet18", str(path), read_labels(labels))
    assert loaded.classes == ("airfield", "bamboo_forest", "canal natural", "river", "sea")
    assert torch.equal(loaded.module.state_dict()["conv1.weight"], state["conv1.weight"])
    with pytest.raises(WeightsError, match="5 classes, but there are 2"):
        load_named("resnet18", str(path), ("a", "b"))


@pytest.mark.slow
def test_weights_that_do_not_fit_say_how(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(state, path)
    with pytest.raises(WeightsError, match="do not fit VGG; missing: features"):
        load_named("vgg11", str(path), None)
    torch.save({**state, "conv1.weight": torch.zeros(3, 3)}, path)
    with pytest.raises(WeightsError, match=r"conv1.weight \(3, 3\) instead of \(64, 3, 7, 7\)"):
        load_named("resnet18", str(path), None)


@pytest.mark.parametrize("name", ["resnet18", "pocket"])
def test_labels_are_put_on_any_network_and_must_be_as_many(name: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    choice = NetworkChoice(name=name, weights="random", labels=str(labels))
    labels.write_text("\n".join(f"kind {number}" for number in range(1000)))
    assert load_network(choice, device=str(DEVICE)).class_index("kind 7") == 7
    labels.write_text("one\ntwo\n")
    with pytest.raises(WeightsError, match="1000 classes, but there are 2"):
        load_network(choice, device=str(DEVICE))


FACTS = {"architecture": "pocket", "classes": ["a", "b"], "width": 0.5, "mean": [0, 0, 0], "std": [1, 1, 1]}


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"dreamer": "{"},
        {"dreamer": "[]"},
        {"dreamer": json.dumps({**FACTS, "architecture": "other"})},
        {"dreamer": json.dumps({"architecture": "pocket"})},
    ],
)
def test_another_safetensors_file_is_no_pocket_network(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", metadata)
    with pytest.raises(WeightsError, match="not a pocket network"):
        load_pocket_file(tmp_path / "a.safetensors")


def test_a_pocket_networks_tensors_must_fit_its_facts(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", {"dreamer": json.dumps(FACTS)})
    with pytest.raises(WeightsError, match="do not fit PocketNetwork"):
        load_pocket_file(tmp_path / "a.safetensors")


@pytest.mark.parametrize("name", ["pocket", "googlenet"])
@pytest.mark.slow
def test_a_mean_and_deviation_of_ones_own_take_the_place_of_the_networks(name: str) -> None:
    photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    own = NetworkChoice(name=name, weights="random", mean=(0.4, 0.5, 0.6), std=(1.0, 0.5, 0.25))
    network = load_network(own, device=str(DEVICE), precision="float32")
    scaled = (photo - torch.tensor(own.mean).view(1, 3, 1, 1)) / torch.tensor(own.std).view(1, 3, 1, 1)
    plain = load_named(name, "random", None).module.eval()
    plain.transform_input = False  # type: ignore[assignment]
    with torch.no_grad():
        found, expected = network.cut(["logits"])(photo)["logits"], plain(scaled.cpu())
    assert torch.allclose(found.cpu(), expected, atol=within(1e-4))


def test_classes_of_a_checkpoint_are_listed_by_its_labels(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    weights, labels = tmp_path / "w.pth", tmp_path / "labels.txt"
    torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, weights)
    labels.write_text("airfield\nbamboo\ncanal\nriver\nsea\n")
    assert class_names("resnet18", str(weights)) == tuple(f"class {number}" for number in range(5))
    assert class_names("resnet18", str(weights), labels)[4] == "sea"
    with pytest.raises(WeightsError, match="1000 classes, but there are 5 labels"):
        class_names("resnet18", labels=labels)


def test_mean_and_deviation_are_lists_of_numbers(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(
        'network = { name = "alexnet", mean = [0.4, 0.5, 0], std = [0.2, 0.3, 1] }\ntargets = [{ layer = "conv1" }]\n'
    )
    choice = load_preset(tmp_path / "x.toml").network
    assert choice.mean == (0.4, 0.5, 0.0) and choice.std == (0.2, 0.3, 1.0)
