"""How each codec shows, and the codec that a name stands for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.errors import OutputError, UsageError
from dreamer.film.codecs import film_codec
from dreamer.film.probe import film_recipe, probe
from dreamer.film.read import read_frames
from tests.film.clips import RECIPE, check_colors, needs, patches, write


def test_an_mp4_is_tagged_for_every_player(tmp_path: Path) -> None:
    path = write(tmp_path / "new" / "a.mp4", patches(), recipe=RECIPE, fps=Fraction(30000, 1001))
    facts = probe(path)
    assert (facts.width, facts.height, facts.codec, facts.pixel_format) == (64, 48, "h264", "yuv420p")
    assert facts.fps == Fraction(30000, 1001)
    assert all(tag in facts.color_tags for tag in ("tv", "bt709", "iec61966-2-1"))
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert film_recipe(path) == RECIPE
    frames = list(read_frames(path))
    assert len(frames) == 6
    check_colors(frames[0])
    assert [file.name for file in path.parent.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(("name", "suffix"), [("hevc", ".mp4"), ("av1", ".mp4"), ("prores", ".mov"), ("h264", ".mov")])
@pytest.mark.slow
def test_other_codecs_show_the_same_colors(name: str, suffix: str, tmp_path: Path) -> None:
    needs(name)
    path = write(tmp_path / f"a{suffix}", patches(), codec=name, recipe=RECIPE)
    assert probe(path).codec == name
    frames = list(read_frames(path))
    assert len(frames) == 6
    check_colors(frames[3])
    assert film_recipe(path) == RECIPE


@pytest.mark.parametrize(("name", "suffix"), [("h264", ".mp4"), ("hevc", ".mp4"), ("av1", ".mp4"), ("prores", ".mov")])
@pytest.mark.slow
def test_odd_sizes_become_even_by_repeating_the_last_line_and_column(name: str, suffix: str, tmp_path: Path) -> None:
    needs(name)
    ramp = np.linspace(90, 250, 97).astype(np.uint8)[None, :, None]
    frame = np.broadcast_to(ramp, (63, 97, 3)) - np.arange(63, dtype=np.uint8)[:, None, None]
    path = write(tmp_path / f"a{suffix}", [frame] * 3, codec=name)
    assert (probe(path).width, probe(path).height) == (98, 64)
    for decoded in read_frames(path):
        pixels = decoded.astype(np.int16)
        assert np.abs(pixels[63] - pixels[62]).max() <= 6
        assert np.abs(pixels[:, 97] - pixels[:, 96]).max() <= 6
        assert np.abs(pixels[:63, :97] - frame).max() <= 12


def test_pictures_that_may_be_odd_stay_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gif", [np.full((63, 97, 3), 200, np.uint8)] * 3)
    with Image.open(path) as image:
        assert image.size == (97, 63)


def test_quality_is_used(tmp_path: Path) -> None:
    noise = list(np.random.default_rng(0).integers(0, 256, (4, 48, 64, 3), np.uint8))
    fine = write(tmp_path / "fine.mp4", noise, quality=10)
    coarse = write(tmp_path / "coarse.mp4", noise, quality=45)
    assert coarse.stat().st_size < fine.stat().st_size / 2


def test_unknown_names_get_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="h264"):
        film_codec(Path("a.mp4"), "h246")
    with pytest.raises(OutputError, match="mp4"):
        film_codec(Path("a.mp5"))
    with pytest.raises(OutputError, match="mov"):
        film_codec(Path("a.mp4"), "prores")
