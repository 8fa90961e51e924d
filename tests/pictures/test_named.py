from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamer.errors import PictureError
from dreamer.pictures import write_picture
from dreamer.pictures.named import preset_pictures
from dreamer.presets import Preset


def preset(**target: object) -> Preset:
    return Preset.model_validate({"targets": [{"layer": "conv1", **target}]})


def test_guides_and_styles_are_read_by_the_text_that_names_them(tmp_path: Path) -> None:
    path = str(tmp_path / "guide.png")
    write_picture(path, torch.full((3, 4, 6), 0.2))
    pictures = preset_pictures(preset(guide=path))
    assert list(pictures) == [path]
    assert pictures[path].shape == (1, 3, 4, 6)
    assert preset_pictures(preset()) == {}


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"absent\.png"):
        preset_pictures(preset(style=str(tmp_path / "absent.png")))
