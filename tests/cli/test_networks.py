from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.networks.pocket import Architecture
from dreamer.networks.weights import load_pocket_file

from .conftest import Dreamer


def test_networks_are_listed(dreamer: Dreamer) -> None:
    listed = dreamer("networks")
    assert listed.exit_code == 0
    for name in ("pocket", "googlenet", "vgg16", "resnet50", "inception_v3", "convnext_tiny", "alexnet"):
        assert f"\n{name} " in f"\n{listed.stdout}"
    rows = [json.loads(line) for line in dreamer("networks", "--json").stdout.splitlines()]
    assert rows[0]["name"] == "pocket"
    assert rows[0]["weights"] == "shipped"
    assert len(rows) > 50


@pytest.mark.slow
def test_layers_are_listed_at_a_size(dreamer: Dreamer) -> None:
    result = dreamer("networks", "layers", "pocket", "--json")
    assert result.exit_code == 0, result.output
    layers = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert {"conv1", "maxpool3", "inception4c"} <= set(layers)
    assert "inception4c" in dreamer("networks", "layers", "pocket").stdout


def test_classes_are_searched(dreamer: Dreamer) -> None:
    found = dreamer("networks", "classes", "pocket", "--search", "dog")
    assert found.exit_code == 0
    assert "american_bulldog" in found.stdout
    assert "flamingo" not in found.stdout


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("networks", "layers", "googlenett"), 2, "googlenet"),
        (("networks", "classes", "vgg61"), 2, "vgg16"),
        (("networks", "layer", "pocket"), 2, "layers"),
        (("networks", "test", "nowhere.safetensors", "."), 4, "nowhere.safetensors"),
        (("networks", "train", "nowhere", "-o", "a.safetensors"), 3, "nowhere"),
    ],
)
def test_wrong_names_get_near_ones(args: tuple[str, ...], code: int, told: str, dreamer: Dreamer) -> None:
    result = dreamer(*args)
    assert result.exit_code == code
    assert told in result.stderr
    assert "Traceback" not in result.output


def draw_photographs(folder: Path) -> None:
    """Two classes that can be told apart: red and blue noise."""
    generator = np.random.default_rng(0)
    for number, name in enumerate(("red", "blue")):
        (folder / name).mkdir(parents=True)
        for each in range(30):
            pixels = generator.integers(0, 120, (40, 40, 3), dtype=np.uint8)
            pixels[..., 2 * number] += 120
            Image.fromarray(pixels).save(folder / name / f"{each}.png")


@pytest.mark.slow
def test_a_network_of_own_photographs_is_trained_and_dreamt_with(dreamer: Dreamer, folder: Path) -> None:
    draw_photographs(folder / "photos")
    options = ("--epochs", "2", "--side", "32", "--batch", "16", "--width", "0.1", "--device", "cpu")
    result = dreamer("networks", "train", "photos", "-o", "mine.safetensors", *options, "--report", "report.json")
    assert result.exit_code == 0, result.output
    report = json.loads(Path("report.json").read_text())
    assert set(report) == {"path", "clean", "whole", "perturbed", "per_class"}
    tested = json.loads(dreamer("networks", "test", "mine.safetensors", "photos", "--side", "32", "--json").stdout)
    # The file holds half the precision.
    assert tested["per_class"].keys() == report["per_class"].keys()
    assert tested["clean"] == pytest.approx(report["clean"], abs=0.2)
    assert (
        "whole photographs at 40 px" in dreamer("networks", "test", "mine.safetensors", "photos", "--side", "32").stdout
    )
    assert dreamer("networks", "classes", "mine.safetensors").stdout.split()[-1] == "red"
    render = ("render", "noise", "-p", "deep-dream", "--set", "network=mine.safetensors", "--size", "96", "--preview")
    result = dreamer(*render, "--set", "octaves.steps=1", "--set", "targets.0.layer=conv2", "-o", "a.png")
    assert result.exit_code == 0, result.output
    assert Path("a.png").is_file()


@pytest.mark.slow
def test_fine_tuning_keeps_the_architecture_that_it_begins_with(dreamer: Dreamer, folder: Path) -> None:
    draw_photographs(folder / "photos")
    options = ("--epochs", "1", "--side", "32", "--batch", "16", "--device", "cpu")
    first = ("-o", "first.safetensors", "--width", "0.1", "--activation", "leaky")
    assert dreamer("networks", "train", "photos", *options, *first).exit_code == 0
    second = ("-o", "second.safetensors", "--from", "first.safetensors")
    assert dreamer("networks", "train", "photos", *options, *second, "--antialias").exit_code == 0
    module = load_pocket_file(Path("second.safetensors")).module
    assert module.architecture == Architecture(0.1, antialiased=True, activation="leaky")
    result = dreamer("networks", "train", "photos", *options, *second, "--width", "0.5")
    assert result.exit_code == 2 and "whose width is 0.1" in result.stderr


@pytest.mark.slow
def test_a_schedule_is_fitted_to_a_time(dreamer: Dreamer, folder: Path) -> None:
    draw_photographs(folder / "photos")
    options = ("--side", "32", "--batch", "16", "--width", "0.05", "--device", "cpu", "--cutmix", "0.5")
    result = dreamer("networks", "train", "photos", "-o", "mine.safetensors", "--time", "3s", *options)
    assert result.exit_code == 0, result.output
    epochs = int(re.search(r"--time 3s: (\d+) epochs", result.stderr)[1])  # type: ignore[index]
    assert epochs >= 1 and f"epoch {epochs}/{epochs}" in result.stderr
    result = dreamer("networks", "train", "photos", "-o", "other.safetensors", "--time", "soon", *options)
    assert result.exit_code == 2 and "40m" in result.stderr


@pytest.mark.slow
def test_kernels_are_described_and_searched(dreamer: Dreamer, folder: Path) -> None:
    rows = [
        json.loads(line)
        for line in dreamer("networks", "describe", "pocket", "--search", "dogs", "--json").stdout.splitlines()
    ]
    assert rows and all(set(row) == {"layer", "kernel", "color", "grain", "classes"} for row in rows)
    draw_photographs(folder / "photos")
    args = (
        "networks",
        "describe",
        "alexnet",
        "photos",
        "--weights",
        "random",
        "--layer",
        "features.0",
        "-o",
        "out.json",
    )
    result = dreamer(*args, "--count", "3", "--json")
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 3, result.output
    assert json.loads(Path("out.json").read_text())["classes"] == ["blue", "red"]
    result = dreamer("networks", "describe", "alexnet", "--weights", "random")
    assert result.exit_code == 4 and "describe NAME FOLDER" in result.stderr
    result = dreamer("networks", "describe", "pocket", "--search", "dgos")
    assert result.exit_code == 2 and "Try" in result.stderr


def test_one_class_is_not_enough(dreamer: Dreamer, folder: Path) -> None:
    draw_photographs(folder / "photos")
    for path in (folder / "photos" / "red").iterdir():
        path.unlink()
    result = dreamer("networks", "train", "photos", "-o", "mine.safetensors")
    assert result.exit_code == 2
    assert "only the class 'blue'" in result.stderr
