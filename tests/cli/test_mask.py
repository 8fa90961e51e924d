"""`dreamer mask`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Dreamer

SKY = str(Path(__file__).parents[2] / "inputs" / "sky.jpg")


def test_the_subject_is_drawn_and_written(dreamer: Dreamer, tmp_path: Path) -> None:
    drawing, alone = tmp_path / "drawing.png", tmp_path / "alone.png"
    result = dreamer("mask", SKY, "--size", "200", "--alone", str(alone), "-o", str(drawing))
    assert "mask = {subject = true}" in result.stdout
    with Image.open(drawing) as image:
        assert image.size == (200, 133)
    with Image.open(alone) as image:
        assert image.mode == "L"
        shades = np.array(image)
    assert shades.min() == 0 and shades.max() > 200


def test_as_json_with_every_edge(dreamer: Dreamer, tmp_path: Path) -> None:
    edges = ("--grow", "0.05", "--feather", "0.1", "--invert")
    result = dreamer("mask", SKY, "--size", "160", "--find", "bird", *edges, "--json", "-o", str(tmp_path / "a.png"))
    facts = json.loads(result.stdout)
    assert facts["canvas"] == {"mask": {"find": "bird", "grow": 0.05, "feather": 0.1, "invert": True}}
    assert 0 <= facts["share"] <= 1
    assert facts["files"] == [str(tmp_path / "a.png")]


def test_the_mask_of_a_preset_and_of_its_target(dreamer: Dreamer, tmp_path: Path) -> None:
    preset = tmp_path / "mine.toml"
    half = 'mask = { shape = "rectangle", center = [0.25, 0.5], size = [0.5, 1.0], feather = 0 }'
    preset.write_text(f'[[targets]]\nlayer = "inception4c"\n[[targets]]\nlayer = "inception4c"\n{half}\n')
    common = ("mask", SKY, "--size", "96", "-p", str(preset), "-o", str(tmp_path / "a.png"), "--json")
    facts = json.loads(dreamer(*common, "--target", "1").stdout)
    assert facts["share"] == pytest.approx(0.5, abs=0.02)
    assert facts["box"] == [0, 0, 48, 64]
    assert "dreams everywhere" in dreamer(*common).stderr
    assert "numbered 0 to 1" in dreamer(*common, "--target", "2").stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--find", "unicorn"), 2, "there is no class 'unicorn'"),
        (("--find", "dog", "--subject"), 2, "exclude each other"),
        (("--set", "seed=1"), 2, "--target and --set change a preset"),
        (("-p", "deep-dream"), 2, "has no mask"),
    ],
)
def test_mistakes(dreamer: Dreamer, tmp_path: Path, options: tuple[str, ...], code: int, message: str) -> None:
    result = dreamer("mask", SKY, "--size", "64", "-o", str(tmp_path / "a.png"), *options)
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "a.png").exists()
