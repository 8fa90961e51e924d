from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamer.errors import PictureError, PresetError
from dreamer.pictures import write_picture
from dreamer.presets import load_preset
from dreamer.recipes import Recipe, parse_recipe, read_own_recipe, recipe_of

RECIPE = Recipe("key", load_preset("whisper"), "whisper", "a.png", "digest", "0.1.0", {"device": "cpu"})
DAMAGED = ["", "{}", '{"preset":{"targets":[{"layer":"conv1"}]}}', "[1]"]
INVALID = ['{"preset": 3}', '{"key":"a","preset":{"targets":[]}}']


def test_a_recipe_survives_as_text() -> None:
    assert parse_recipe(RECIPE.to_json(), where="x") == RECIPE


@pytest.mark.parametrize(
    ("text", "kind"), [*((text, PictureError) for text in DAMAGED), *((text, PresetError) for text in INVALID)]
)
def test_a_damaged_recipe_is_named(text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="here"):
        parse_recipe(text, where="here")


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
