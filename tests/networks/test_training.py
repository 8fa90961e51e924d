from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from safetensors import safe_open

from dreamer.errors import NoInputError, OutputError, TrainingError
from dreamer.networks import load_network
from dreamer.networks.pocket import Architecture, PocketNetwork, antialiased_pool, pool
from dreamer.networks.training import (
    Photographs,
    TrainingEpoch,
    TrainingPlan,
    TrainingResult,
    TrainingStep,
    evaluate,
    read_photographs,
    train,
)
from dreamer.networks.training.augmentation import cutmix, random_views
from dreamer.networks.training.photographs import is_held_out
from dreamer.networks.weights import load_pocket_file

PLAN = TrainingPlan(epochs=3, batch=12, side=32, learning_rate=0.01, seed=3, architecture=Architecture(0.125))
CPU = torch.device("cpu")


def drawing(shape: str, number: int) -> bytes:
    """A colored shape on gray as JPEG bytes; each number has its own place and shade."""
    picture = Image.new("RGB", (56, 48), (100 + number, 110, 120))
    draw, corner = ImageDraw.Draw(picture), 6 + number % 9
    box = (corner, corner, corner + 26, corner + 26)
    if shape == "disc":
        draw.ellipse(box, (220, 40, 40 + number))
    elif shape == "square":
        draw.rectangle(box, (40, 200, 60 + number))
    else:
        draw.line((corner, 44, 50, corner), (40, 60, 220), 7)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two classes in folders, one in a tar, and a broken file."""
    folder = tmp_path_factory.mktemp("shapes")
    for shape in ("disc", "square"):
        (folder / shape).mkdir()
        for number in range(40):
            (folder / shape / f"{number}.jpg").write_bytes(drawing(shape, number))
    (folder / "disc" / "broken.jpg").write_bytes(b"no picture")
    with tarfile.open(folder / "lines.tar", "w") as archive:
        for number in range(30):
            data = drawing("line", number)
            member = tarfile.TarInfo(f"line/{number}.jpg")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return [folder, folder / "lines.tar"]


@pytest.fixture(scope="module")
def photographs(sources: list[Path]) -> Photographs:
    return read_photographs(sources, side=36)


def test_photographs_of_folders_and_tars_are_read(photographs: Photographs, sources: list[Path]) -> None:
    assert photographs.classes == ("disc", "line", "square")
    assert photographs.pixels.shape == (110, 3, 36, 36)
    assert torch.bincount(photographs.labels).tolist() == [40, 30, 40]
    assert [Path(place).name for place in photographs.skipped] == ["broken.jpg"]
    data = [path.read_bytes() for path in sorted((sources[0] / "disc").glob("[0-9]*.jpg"))]
    assert int(photographs.held_out[:40].sum()) == sum(map(is_held_out, data))


def test_about_a_tenth_is_held_out() -> None:
    share = sum(is_held_out(str(number).encode()) for number in range(4000)) / 4000
    assert 0.08 < share < 0.12


def test_training_learns_and_the_file_is_a_network(photographs: Photographs, tmp_path: Path) -> None:
    path = tmp_path / "shapes.safetensors"
    events = list(train(photographs, PLAN, path, device=CPU))
    losses = [event.loss for event in events if isinstance(event, TrainingStep)]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])
    assert [event.epoch for event in events if isinstance(event, TrainingEpoch)] == [1, 2, 3]
    result = events[-1]
    assert isinstance(result, TrainingResult) and result.path == path
    assert set(result.accuracy.per_class) <= {"disc", "line", "square"}
    network = load_network(str(path), device="cpu")
    assert network.classes == ("disc", "line", "square") and "inception4c" in network.layers
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        assert file.get_tensor("conv1.conv.weight").dtype == torch.float16
    training = json.loads(metadata["dreamer"])["training"]
    assert (training["seed"], training["accuracy"]) == (3, result.accuracy.clean)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["shapes.safetensors"]


def test_a_run_that_was_stopped_ends_as_one_that_was_not(photographs: Photographs, tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole.safetensors", tmp_path / "stopped.safetensors"
    for _ in train(photographs, PLAN, whole, device=CPU):
        pass
    run = train(photographs, PLAN, stopped, device=CPU)
    for event in run:
        if isinstance(event, TrainingEpoch) and event.epoch == 2:
            run.close()
    epochs = [
        event.epoch for event in train(photographs, PLAN, stopped, device=CPU) if isinstance(event, TrainingEpoch)
    ]
    assert epochs == [3]
    assert stopped.read_bytes() == whole.read_bytes()


def test_accuracy_is_that_of_the_held_out_photographs(photographs: Photographs) -> None:
    class Bright(torch.nn.Module):
        """Says 1 where a picture is brighter than mid-gray."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            light = x.mean((1, 2, 3))
            return torch.stack([-light, light], 1)

    shades = torch.tensor([250, 240, 10, 20, 230], dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 36, 36)
    labels, held_out = torch.tensor([1, 1, 0, 0, 0]), torch.tensor([True, True, True, False, True])
    found = evaluate(Bright(), Photographs(shades, labels, ("dark", "light"), held_out), 32, CPU)
    assert (found.clean, found.whole) == (0.75, 0.75)
    assert found.per_class == {"dark": 0.5, "light": 1.0}
    with pytest.raises(TrainingError, match="none of the 5 photographs"):
        evaluate(Bright(), Photographs(shades, labels, ("dark", "light"), torch.zeros(5, dtype=torch.bool)), 32, CPU)


def test_photographs_are_renumbered_for_a_network_that_knows_more(photographs: Photographs) -> None:
    known = ("star", "square", "line", "disc")
    renumbered = photographs.renumbered(known)
    assert [known[n] for n in renumbered.labels] == [photographs.classes[n] for n in photographs.labels]
    with pytest.raises(TrainingError, match="no class 'line'") as caught:
        photographs.renumbered(("disc", "square", "lines"))
    assert "lines" in str(caught.value.remedy)


def test_fine_tuning_begins_with_what_is_known(photographs: Photographs, tmp_path: Path) -> None:
    first, tuned = tmp_path / "first.safetensors", tmp_path / "tuned.safetensors"
    for _ in train(photographs, PLAN, first, device=CPU):
        pass
    known = load_pocket_file(first)
    plan = TrainingPlan(
        epochs=1, batch=12, side=32, learning_rate=1e-4, robust=0.5, average=0.0, architecture=Architecture(0.125)
    )
    start = known.module.state_dict(), known.classes
    for _ in train(photographs, plan, tuned, device=CPU, start=start):
        pass
    moved, fresh = load_pocket_file(tuned).module.state_dict(), start[0]
    assert not torch.equal(moved["fc.weight"], fresh["fc.weight"])
    assert torch.cosine_similarity(moved["fc.weight"].flatten(), fresh["fc.weight"].flatten(), dim=0) > 0.9


def test_too_little_to_learn_from_is_an_error(sources: list[Path], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="only the class 'line'"):
        read_photographs([sources[1]])
    with pytest.raises(NoInputError, match="absent"):
        read_photographs([tmp_path / "absent"])
    (tmp_path / "no.tar").write_bytes(b"no tar file")
    with pytest.raises(TrainingError, match=r"no\.tar"):
        read_photographs([tmp_path / "no.tar"])


def tar_of(names: list[str]) -> bytes:
    """A compressed tar with a drawing under each name."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for number, name in enumerate(names):
            data = drawing("disc", number)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def test_a_tar_cut_short_is_an_error_and_pictures_without_a_class_are_not_read(tmp_path: Path) -> None:
    data = tar_of(["a/1.jpg", "b/1.jpg", "cover.jpg", "a/notes.txt"])
    (tmp_path / "whole.tar.gz").write_bytes(data)
    photographs = read_photographs([tmp_path / "whole.tar.gz"], side=32)
    assert photographs.classes == ("a", "b") and len(photographs.labels) == 2
    (tmp_path / "short.tar.gz").write_bytes(data[: len(data) // 2])
    with pytest.raises(TrainingError, match=r"short\.tar\.gz: not a readable tar"):
        read_photographs([tmp_path / "short.tar.gz"], side=32)


def test_the_output_is_prepared_for_and_a_damaged_unfinished_run_is_named(
    photographs: Photographs, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "shapes.safetensors"
    next(train(photographs, PLAN, path, device=CPU))
    assert path.parent.is_dir()
    state = path.with_name("shapes.safetensors.training")
    state.write_bytes(b"no state")
    with pytest.raises(TrainingError, match=r"shapes\.safetensors\.training"):
        next(train(photographs, PLAN, path, device=CPU))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="folder"):
        next(train(photographs, PLAN, tmp_path / "file" / "shapes.safetensors", device=CPU))


def test_a_run_of_another_seed_is_begun_anew(photographs: Photographs, tmp_path: Path) -> None:
    path = tmp_path / "shapes.safetensors"
    run = train(photographs, PLAN, path, device=CPU)
    assert any(isinstance(event, TrainingEpoch) for event in run)
    run.close()
    first = next(train(photographs, replace(PLAN, seed=4), path, device=CPU))
    assert isinstance(first, TrainingStep) and (first.epoch, first.batch) == (1, 1)


def test_random_views_keep_range_and_size_and_cutmix_its_share() -> None:
    pixels = torch.randint(0, 256, (6, 3, 36, 36), dtype=torch.uint8)
    views = random_views(pixels, 32, torch.Generator().manual_seed(0))
    assert views.shape == (6, 3, 32, 32) and views.min() >= 0 and views.max() <= 1
    labels = torch.arange(6)
    mixed, other, share = cutmix(views, labels, torch.Generator().manual_seed(1))
    assert other.tolist() == [5, 0, 1, 2, 3, 4]
    kept = (mixed == views).all(1).float().mean()
    assert float(kept) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("architecture", [Architecture(0.1, antialiased=True), Architecture(0.1, False, "leaky"),
                                          Architecture(0.1, True, "smooth")])  # fmt: skip
def test_a_network_of_another_architecture_trains_and_loads_as_it_was(
    photographs: Photographs, tmp_path: Path, architecture: Architecture
) -> None:
    plan = replace(PLAN, epochs=1, architecture=architecture)
    list(train(photographs, plan, tmp_path / "other.safetensors", device=CPU))
    loaded = load_pocket_file(tmp_path / "other.safetensors").module
    assert loaded.architecture == architecture
    activations = {type(loaded.get_submodule(name)).__name__ for name in ("conv1.relu", "inception5b.branch1.relu")}
    assert activations == {{"relu": "ReLU", "leaky": "LeakyReLU", "smooth": "SiLU"}[architecture.activation]}
    ordinary = PocketNetwork(2, Architecture(0.1)).eval()
    image = torch.rand(1, 3, 96, 72)
    network = load_network(str(tmp_path / "other.safetensors"), device="cpu", precision="float32")
    for layer in ("maxpool1", "maxpool3", "maxpool4", "inception4e"):
        expected = ordinary.get_submodule(layer)
        sizes = []
        expected.register_forward_hook(lambda module, inputs, output, sizes=sizes: sizes.append(output.shape[2:]))
        ordinary(image)
        assert network.cut([layer])(image)[layer].shape[2:] == sizes[0], layer


def test_an_antialiased_pool_changes_less_when_the_picture_shifts_by_a_pixel() -> None:
    points = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)) ** 8
    anti, plain = (
        float((halved(points) - halved(points.roll(1, 3)))[..., 4:-4, 4:-4].std() / halved(points).std())
        for halved in (antialiased_pool(), pool(3))
    )
    assert anti < 0.75 * plain
