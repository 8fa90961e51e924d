from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dreamer.errors import PictureError, PresetError
from dreamer.pictures import write_picture
from dreamer.presets import load_preset
from dreamer.recipes import Recipe, parse_recipe, read_own_recipe, recipe_of

RECIPE = Recipe("key", load_preset("whisper"), "whisper", "a.png", "digest", "0.1.0", {"device": "cpu"})
PRESET = '"key":"a","preset":{"targets":[{"layer":"conv1"}]}'
DAMAGED = [
    "",
    "{}",
    "[1]",
    '{"preset": 3}',
    "[" * 100_000,
    '{"preset":{"targets":[{"layer":"conv1"}]}}',
    *(
        f"{{{PRESET},{wrong}}}"
        for wrong in (
            '"facts":null',
            '"facts":"text"',
            '"facts":["a"]',
            '"facts":{"codec":3}',
            '"facts":{"threads":{"a":[]}}',
            '"input":{"name":3}',
            '"input":{"name":"' + "n" * 2000 + '"}',
            '"input":{"name":"../a.png"}',
            '"input":"a.png"',
            '"preset_name":["a"]',
            '"dreamer":0.1',
            '"x":' + "[" * 1000 + "]" * 1000,
            '"x":' + "9" * 5000,
            '"x":NaN',
        )
    ),
]
INVALID = ['{"key":"a","preset":{"targets":[]}}', '{"key":"a","preset":{"targets":[{"layer":"a"}],"format":99}}']


def test_a_recipe_survives_as_text() -> None:
    assert parse_recipe(RECIPE.to_json(), where="x") == RECIPE


def test_a_name_that_is_not_utf_8_survives_inside_a_picture(tmp_path: Path) -> None:
    recipe = replace(RECIPE, input_name=os.fsdecode(b"caf\xe9.png"))
    for name in ("a.png", "a.jpg", "a.webp", "a.tif"):
        write_picture(tmp_path / name, torch.zeros(3, 8, 8), recipe=recipe.to_json())
        assert recipe_of(tmp_path / name) == recipe


@pytest.mark.parametrize(
    ("text", "kind"), [*((text, PictureError) for text in DAMAGED), *((text, PresetError) for text in INVALID)]
)
def test_a_damaged_recipe_is_named(text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="here") as error:
        parse_recipe(text, where="here")
    assert len(str(error.value)) < 300


def test_the_recipe_inside_a_picture_is_read(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.jpg", torch.zeros(3, 8, 8), recipe=RECIPE.to_json())
    assert recipe_of(tmp_path / "a.jpg") == RECIPE == read_own_recipe(tmp_path / "a.jpg")


def test_a_picture_without_a_recipe_is_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.zeros(3, 8, 8))
    with pytest.raises(PictureError, match=r"a\.png: holds no recipe"):
        recipe_of(tmp_path / "a.png")
    assert read_own_recipe(tmp_path / "a.png") is None


def test_a_recipe_that_is_not_valid_here_is_none_of_ours(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.zeros(3, 8, 8), recipe=INVALID[1])
    with pytest.raises(PresetError, match=r"a\.png"):
        recipe_of(tmp_path / "a.png")
    assert read_own_recipe(tmp_path / "a.png") is None
