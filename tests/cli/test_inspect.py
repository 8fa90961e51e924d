"""The real command line of every tool, on the real pocket network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from dreamer.pictures import write_picture
from tests.cli.conftest import Dreamer

TOOLS = {
    "weights": ["weights"],
    "activations": ["activations", "a.png", "--layer", "inception3b", "--count", "4"],
    "saliency": ["saliency", "a.png", "--method", "gradient", "--method", "grad-cam", "--sanity"],
    "occlusion": ["occlusion", "a.png", "--square", "40:40"],
    "deconv": ["deconv", "a.png", "--layer", "inception3b", "--count", "2"],
    "trace": ["trace", "a.png", "--layer", "inception3b", "--count", "1"],
    "top": ["top", ".", "--layer", "conv1", "--kernel", "3", "--count", "2"],
    "embed": ["embed", ".", "--layer", "conv3"],
    "fool": ["fool", "a.png", "--class", "daisy", "--method", "fgsm"],
    "invert": ["invert", "a.png", "--layer", "conv1", "--steps", "3"],
}


@pytest.fixture(autouse=True)
def photographs(folder: Path, shipped_picture: Tensor) -> None:
    for number, name in enumerate(("a.png", "b.png", "c.jpg")):
        write_picture(folder / name, torch.roll(shipped_picture[0, :, :80, :112], 20 * number, 2))


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.slow
def test_it_draws_a_picture_and_gives_the_numbers(tool: str, dreamer: Dreamer, folder: Path) -> None:
    result = dreamer("inspect", *TOOLS[tool], "-o", "out/made.png", "--npz", "out/made.npz", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["network"] == "pocket" and facts["files"] == ["out/made.png", "out/made.npz"]
    with Image.open(folder / "out" / "made.png") as image:
        pixels = np.array(image.convert("RGB"))
    assert pixels.std() > 5
    with np.load(folder / "out" / "made.npz") as arrays:
        assert len(arrays.files) > 0 and all(np.isfinite(arrays[name]).all() for name in arrays.files)


def layers_named(facts: dict[str, Any]) -> list[str]:
    entries = facts.get("maps") or facts.get("layers")
    return [facts["layer"]] if entries is None else list(dict.fromkeys(entry["layer"] for entry in entries))


@pytest.mark.parametrize(("args", "layers"), [
    (["activations", "a.png", "--count", "2"], ["conv3", "inception4b", "inception4e"]),
    (["deconv", "a.png", "--count", "1"], ["inception4e"]),
    (["trace", "a.png", "--count", "1"], ["inception4e"]),
    (["top", ".", "--count", "1"], ["inception4e"]),
    (["invert", "a.png", "--steps", "1"], ["conv3", "inception4b", "inception4e"]),
])  # fmt: skip
@pytest.mark.slow
def test_layers_and_kernels_have_defaults(args: list[str], layers: list[str], dreamer: Dreamer) -> None:
    result = dreamer("inspect", *args, "-o", "made.png", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert layers_named(facts) == layers
    if args[0] == "top":
        assert len({kernel["kernel"] for kernel in facts["kernels"]}) == 4


@pytest.mark.parametrize("tool", ["activations", "deconv", "trace", "top"])
@pytest.mark.slow
def test_units_come_with_the_lines_that_dream_them(tool: str, dreamer: Dreamer, folder: Path) -> None:
    result = dreamer("inspect", *TOOLS[tool], "-o", "made.png")
    assert result.exit_code == 0, result.output
    lines = result.stdout.split("\n\n")[0].split("#")[0]
    (folder / "found.toml").write_text(f"{lines}\n[octaves]\ncount = 1\nsteps = 1\n")
    again = dreamer("render", "a.png", "-p", "./found.toml", "-o", "dream.png")
    assert again.exit_code == 0, again.output


@pytest.mark.slow
def test_classes_are_listed_before_and_after_a_dream(dreamer: Dreamer) -> None:
    result = dreamer("inspect", "classify", "a.png", "b.png", "--json", "--count", "3")
    assert result.exit_code == 0, result.output
    photos = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["photo"] for each in photos] == ["a.png", "b.png"]
    assert all(0 < c["probability"] < 1 for each in photos for c in each["classes"])
    said = dreamer("inspect", "classify", "b.png", "--before", "a.png", "-o", "made.png").stdout
    assert "was" in said and Path("made.png").is_file()


@pytest.mark.slow
def test_a_target_of_the_preset_language_is_explained(dreamer: Dreamer) -> None:
    target = 'layer = "inception3b", kernels = [7]'
    result = dreamer("inspect", "saliency", "a.png", "--target", target, "--method", "guided", "-o", "made.png")
    assert result.exit_code == 0 and "inception3b" in result.stdout, result.output


@pytest.mark.slow
def test_guided_maps_are_left_out_where_a_network_has_no_relu_to_guide(dreamer: Dreamer) -> None:
    network = ("--network", "mobilenet_v3_small", "--weights", "random", "--size", "64", "-o", "made.png")
    result = dreamer("inspect", "saliency", "a.png", *network)
    assert result.exit_code == 0 and "left out guided: mobilenet_v3_small has" in result.stderr, result.output
    asked = dreamer("inspect", "saliency", "a.png", *network, "--method", "guided")
    assert asked.exit_code == 2 and "for ReLU only" in asked.stderr


@pytest.mark.slow
def test_a_photo_takes_the_texture_of_another(dreamer: Dreamer) -> None:
    result = dreamer("inspect", "fool", "a.png", "--texture", "b.png", "--size", "64", "--strength",
                     "0.5", "-o", "made.png", "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert 0 <= facts["shape_probability"] <= 1 and facts["texture_class"]


@pytest.mark.slow
def test_kernels_beyond_a_screen_are_on_further_pages(dreamer: Dreamer, folder: Path) -> None:
    result = dreamer("inspect", "weights", "--layer", "inception5b.branch2.1", "--count", "999", "--channels",
                     "999", "-o", "w.png", "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    files = json.loads(result.stdout)["files"]
    assert files[:2] == ["w.png", "w-2.png"] and all((folder / name).is_file() for name in files)


@pytest.mark.slow
def test_chosen_maps_are_drawn_in_their_order(dreamer: Dreamer) -> None:
    args = ("inspect", "activations", "a.png", "--size", "64", "-o", "made.png", "--json")
    chosen = json.loads(dreamer(*args, "--kernel", "9", "--kernel", "4").stdout)["maps"]
    assert [entry["kernel"] for entry in chosen] == [9, 4]
    every = json.loads(dreamer(*args, "--layer", "conv1", "--count", "all", "--order", "index").stdout)["maps"]
    assert [entry["kernel"] for entry in every] == list(range(32))


@pytest.mark.slow
def test_whole_maps_are_projected_beside_single_cells(dreamer: Dreamer, folder: Path) -> None:
    args = (
        "inspect",
        "deconv",
        "a.png",
        "--layer",
        "inception3b",
        "--kernel",
        "5",
        "-o",
        "made.png",
        "--npz",
        "made.npz",
    )
    assert dreamer(*args, "--keep", "0.2,0.8").exit_code == 0
    with np.load(folder / "made.npz") as arrays:
        assert sorted(arrays.files) == ["kernel_5", "map_5", "whole_5"]
        assert np.abs(arrays["kernel_5"]).sum() < np.abs(arrays["whole_5"]).sum()
    assert dreamer(*args, "--keep", "all").exit_code == 0
    with np.load(folder / "made.npz") as arrays:
        assert np.array_equal(arrays["kernel_5"], arrays["whole_5"])


@pytest.mark.slow
def test_small_photos_are_enlarged_for_squares_and_what_does_not_fit_is_left_out(dreamer: Dreamer) -> None:
    args = ("inspect", "occlusion", "a.png", "--size", "128", "--square", "90:90", "-o", "made.png", "--json")
    result = dreamer(*args)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["squares"][0]["positions"] == 4
    facts = json.loads(dreamer("inspect", "occlusion", "a.png", "--size", "64", "-o", "made.png", "--json").stdout)
    assert [square["size"] for square in facts["squares"]] == [10]
    assert facts["squares"][0]["highest_rise"] >= 0


@pytest.mark.slow
def test_deeper_kernels_are_sliced_or_expanded(dreamer: Dreamer) -> None:
    for extra in (["--layer", "conv3", "--count", "3"], ["--layer", "inception3a", "--expand", "--count", "3"]):
        result = dreamer("inspect", "weights", *extra, "-o", "made.png")
        assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_maps_come_with_grids_and_neighbors(dreamer: Dreamer) -> None:
    result = dreamer(
        "inspect", "embed", ".", "--layer", "conv3", "-o", "m.png", "--grid", "g.png", "--neighbors", "n.png"
    )
    assert result.exit_code == 0 and Path("g.png").is_file() and Path("n.png").is_file(), result.output


@pytest.mark.slow
def test_maps_are_colored_by_folder_sampled_evenly_and_asked_for_a_photo(dreamer: Dreamer, folder: Path) -> None:
    for number, name in enumerate(("cats", "cats", "cats", "dogs", "dogs")):
        (folder / "set" / name).mkdir(parents=True, exist_ok=True)
        (folder / "set" / name / f"{number}.png").write_bytes((folder / "a.png").read_bytes())
    args = ("inspect", "embed", "set", "--layer", "conv1", "-o", "m.png", "--json")
    result = dreamer(*args, "--limit", "4", "--query", "b.png")
    assert result.exit_code == 0 and "4 of 5 pictures, evenly over 2 folders" in result.stderr, result.output
    facts = json.loads(result.stdout)
    assert facts["color"] == "folder"
    assert [photo["group"] for photo in facts["photos"]] == ["cats", "cats", "dogs", "dogs", "query"]
    assert len(facts["photos"][-1]["nearest"]) == 3
    assert json.loads(dreamer(*args, "--color", "class", "--thumbnails").stdout)["color"] == "class"


@pytest.mark.slow
def test_suggestions_can_be_pasted(dreamer: Dreamer, folder: Path) -> None:
    result = dreamer("suggest", "a.png", "--count", "2", "--size", "64", "-o", "s.png", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert len(facts["suggestions"]) == 2 and Path("s.png").is_file()
    (folder / "found.toml").write_text(f"{facts['suggestions'][0]['targets']}\n[octaves]\ncount = 1\nsteps = 1\n")
    assert dreamer("render", "a.png", "-p", "./found.toml", "-o", "dream.png").exit_code == 0


@pytest.mark.parametrize("args, code, said", [
    (["activations", "a.png", "--layer", "inception4z"], 2, "inception4c"),
    (["deconv", "a.png", "--layer", "conv1", "--kernel", "999"], 2, "0 to 31"),
    (["saliency", "a.png", "--class", "beegle"], 2, "beagle"),
    (["saliency", "a.png", "--target", "layers = 3"], 2, "layer"),
    (["saliency", "a.png", "--target", "layer ="], 2, "--target"),
    (["saliency", "nowhere.png"], 1, "nowhere.png"),
    (["occlusion", "a.png", "--square", "9"], 2, "SIZE:STRIDE"),
    (["activations", "a.png", "--count", "some"], 2, "neither a number from 1 on nor all"),
    (["activations", "a.png", "--layer", "conv1", "--kernel", "99"], 2, "0 to 31"),
    (["occlusion", "a.png", "--square", "500:10"], 2, "does not fit"),
    (["top", "nowhere", "--layer", "conv1", "--kernel", "1"], 3, "nowhere"),
    (["embed", "empty"], 3, "empty"),
    (["fool", "a.png", "--class", "daisy", "--texture", "b.png"], 2, "--texture"),
    (["weights", "--network", "pokket"], 2, "pocket"),
    (["weights", "-o", "made.bmp"], 1, ".bmp"),
    (["salience", "a.png"], 2, "saliency"),
])  # fmt: skip
def test_mistakes_get_one_clear_message(args: list[str], code: int, said: str, dreamer: Dreamer) -> None:
    Path("empty").mkdir()
    result = dreamer("inspect", *args)
    assert result.exit_code == code, result.output
    assert said in result.stderr and "Traceback" not in result.output


@pytest.mark.slow
def test_broken_photos_of_a_folder_are_skipped(dreamer: Dreamer, folder: Path) -> None:
    (folder / "broken.png").write_bytes(b"no picture")
    result = dreamer("inspect", "top", ".", "--layer", "conv1", "--kernel", "3", "-o", "out/made.png")
    assert result.exit_code == 0 and "skipped" in result.stderr


def test_help_does_not_wait_for_torch(dreamer: Dreamer) -> None:
    import subprocess
    import sys

    for tool in TOOLS:
        code = f"import sys; from dreamer.cli import main\ntry:\n main(['inspect', '{tool}', '--help'])\n" \
               "except SystemExit: pass\nassert 'torch' not in sys.modules"  # fmt: skip
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
