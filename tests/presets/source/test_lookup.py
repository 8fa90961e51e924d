from __future__ import annotations

import pytest

from dreamer.presets.source.lookup import SUFFIX, is_path


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
