from __future__ import annotations

import os
from pathlib import Path

import pytest

from dreamer.errors import PresetError
from dreamer.presets.source.lookup import SUFFIX, find_preset, is_path


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("classic", SUFFIX, False),
        ("classic.v2", SUFFIX, False),
        ("classic.toml", SUFFIX, True),
        ("./classic", SUFFIX, True),
        ("folder\\classic", SUFFIX, True),
        ("resnet50", ".safetensors", False),
        ("mine.safetensors", ".safetensors", True),
        ("default", None, False),
        ("places.pth.tar", None, True),
        ("weights/places", None, True),
    ],
)
def test_a_slash_or_the_suffix_makes_a_path(text: str, suffix: str | None, expected: bool) -> None:
    assert is_path(text, suffix) is expected


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_no_preset(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(PresetError, match=r"pipe\.toml is not a regular file"):
        find_preset(str(tmp_path / "pipe.toml"))
