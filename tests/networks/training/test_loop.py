from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from dreamer.errors import OutputError, TrainingError
from dreamer.networks import load_network
from dreamer.networks.pocket import Architecture, PocketNetwork
from dreamer.networks.training import (
    Photographs,
    TrainingEpoch,
    TrainingPlan,
    TrainingResult,
    TrainingStep,
    train,
)
from dreamer.networks.weights import load_pocket_file
from tests.on_device import DEVICE

PLAN = TrainingPlan(
    epochs=3, batch=12, side=32, learning_rate=0.01, seed=3, cutmix_share=0.5, architecture=Architecture(0.125)
)


@pytest.mark.slow
def test_training_learns_and_the_file_is_a_network(photographs: Photographs, tmp_path: Path) -> None:
    path = tmp_path / "shapes.safetensors"
    events = list(train(photographs, PLAN, path, device=DEVICE))
    losses = [event.loss for event in events if isinstance(event, TrainingStep)]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])
    assert [event.epoch for event in events if isinstance(event, TrainingEpoch)] == [1, 2, 3]
    result = events[-1]
    assert isinstance(result, TrainingResult) and result.path == path
    assert set(result.accuracy.per_class) <= {"disc", "line", "square"}
    network = load_network(str(path), device=str(DEVICE))
    assert network.classes == ("disc", "line", "square") and "inception4c" in network.layers
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        assert file.get_tensor("conv1.conv.weight").dtype == torch.float16
    training = json.loads(metadata["dreamer"])["training"]
    assert (training["seed"], training["accuracy"]) == (3, result.accuracy.clean)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["shapes.safetensors"]


@pytest.mark.parametrize("done", [1, 2])
@pytest.mark.slow
def test_a_run_that_was_stopped_ends_as_one_that_was_not(done: int, photographs: Photographs, tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole.safetensors", tmp_path / "stopped.safetensors"
    for _ in train(photographs, PLAN, whole, device=DEVICE):
        pass
    run = train(photographs, PLAN, stopped, device=DEVICE)
    for event in run:
        if isinstance(event, TrainingEpoch) and event.epoch == done:
            run.close()
    epochs = [
        event.epoch for event in train(photographs, PLAN, stopped, device=DEVICE) if isinstance(event, TrainingEpoch)
    ]
    assert epochs == list(range(done + 1, 4))
    assert stopped.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_fine_tuning_begins_with_what_is_known(photographs: Photographs, tmp_path: Path) -> None:
    first, tuned = tmp_path / "first.safetensors", tmp_path / "tuned.safetensors"
    for _ in train(photographs, PLAN, first, device=DEVICE):
        pass
    known = load_pocket_file(first)
    plan = TrainingPlan(
        epochs=1, batch=12, side=32, learning_rate=1e-4, robust=0.5, average=0.0, architecture=Architecture(0.125)
    )
    for _ in train(photographs, plan, tuned, device=DEVICE, start=known):
        pass
    moved, fresh = load_pocket_file(tuned).module.state_dict(), known.module.state_dict()
    assert not torch.equal(moved["fc.weight"], fresh["fc.weight"])
    assert torch.cosine_similarity(moved["fc.weight"].flatten(), fresh["fc.weight"].flatten(), dim=0) > 0.9


def test_the_output_is_prepared_for_and_a_damaged_unfinished_run_is_named(
    photographs: Photographs, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "shapes.safetensors"
    next(train(photographs, PLAN, path, device=DEVICE))
    assert path.parent.is_dir()
    state = path.with_name("shapes.safetensors.training")
    state.write_bytes(b"no state")
    with pytest.raises(TrainingError, match=r"shapes\.safetensors\.training"):
        next(train(photographs, PLAN, path, device=DEVICE))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="folder"):
        next(train(photographs, PLAN, tmp_path / "file" / "shapes.safetensors", device=DEVICE))


@pytest.mark.slow
def test_a_run_of_another_seed_is_begun_anew(photographs: Photographs, tmp_path: Path) -> None:
    path = tmp_path / "shapes.safetensors"
    run = train(photographs, PLAN, path, device=DEVICE)
    assert any(isinstance(event, TrainingEpoch) for event in run)
    run.close()
    first = next(train(photographs, replace(PLAN, seed=4), path, device=DEVICE))
    assert isinstance(first, TrainingStep) and (first.epoch, first.batch) == (1, 1)


@pytest.mark.parametrize("architecture", [Architecture(0.1, antialiased=True), Architecture(0.1, False, "leaky"),
                                          Architecture(0.1, True, "smooth")])  # fmt: skip
@pytest.mark.slow
def test_a_network_of_another_architecture_trains_and_loads_as_it_was(
    photographs: Photographs, tmp_path: Path, architecture: Architecture
) -> None:
    plan = replace(PLAN, epochs=1, architecture=architecture)
    list(train(photographs, plan, tmp_path / "other.safetensors", device=DEVICE))
    loaded = load_pocket_file(tmp_path / "other.safetensors").module
    assert loaded.architecture == architecture
    activations = {type(loaded.get_submodule(name)).__name__ for name in ("conv1.relu", "inception5b.branch1.relu")}
    assert activations == {{"relu": "ReLU", "leaky": "LeakyReLU", "smooth": "SiLU"}[architecture.activation]}
    ordinary = PocketNetwork(2, Architecture(0.1)).eval()
    image = torch.rand(1, 3, 96, 72)
    network = load_network(str(tmp_path / "other.safetensors"), device=str(DEVICE), precision="float32")
    for layer in ("maxpool1", "maxpool3", "maxpool4", "inception4e"):
        expected = ordinary.get_submodule(layer)
        sizes = []
        expected.register_forward_hook(lambda module, inputs, output, sizes=sizes: sizes.append(output.shape[2:]))
        ordinary(image)
        assert network.cut([layer])(image)[layer].shape[2:] == sizes[0], layer
