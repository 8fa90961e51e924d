"""Recipes inside GIF, WebP and APNG."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.pictures import read_recipe
from tests.film.clips import RECIPE, check_colors, needs, patches, write


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_moving_pictures_open_with_their_frames_and_recipe(suffix: str, tmp_path: Path) -> None:
    needs(suffix[1:])
    path = write(tmp_path / f"a{suffix}", patches(), recipe=RECIPE, fps=Fraction(10))
    with Image.open(path) as image:
        assert (image.n_frames, image.size) == (6, (64, 48))
        assert image.info["loop"] == 0
        check_colors(np.array(image.convert("RGB")))
    assert read_recipe(path) == RECIPE
