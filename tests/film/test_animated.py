"""Animated pictures read as films."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.errors import PictureError
from dreamer.film.animated import is_animated
from dreamer.film.probe import probe
from dreamer.film.read import is_moving, read_frames

TIMES = [100, 100, 300, 100]


def animated(path: Path, times: list[int] = TIMES) -> Path:
    """Four plain pictures of 8 x 6 px, gray 0, 60, 120 and 180, each shown for its time in ms."""
    first, *rest = (Image.new("RGB", (8, 6), (60 * number,) * 3) for number in range(4))
    first.save(path, save_all=True, append_images=rest, duration=times, lossless=True)
    return path


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_every_picture_comes_once_at_the_mean_rate(name: str, tmp_path: Path) -> None:
    path = animated(tmp_path / name)
    facts = probe(path)
    assert (facts.width, facts.height, facts.fps, facts.seconds) == (8, 6, Fraction(20, 3), 0.6)
    assert not facts.has_sound
    assert [int(frame.mean()) for frame in read_frames(path)] == [0, 60, 120, 180]
    assert [frame.shape for frame in read_frames(path, first=3)] == [(6, 8, 3)]


def test_a_gif_without_times_is_shown_as_browsers_do(tmp_path: Path) -> None:
    assert probe(animated(tmp_path / "a.gif", [0, 0, 0, 0])).fps == 10


def test_transparent_places_are_white(tmp_path: Path) -> None:
    clear, red = Image.new("RGBA", (4, 4)), Image.new("RGBA", (4, 4), (255, 0, 0, 255))
    clear.save(tmp_path / "a.webp", save_all=True, append_images=[red], duration=100, lossless=True)
    first, second = read_frames(tmp_path / "a.webp")
    assert np.array_equal(first[0, 0], [255, 255, 255]) and np.array_equal(second[0, 0], [255, 0, 0])


def test_only_several_pictures_are_an_animation(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "still.gif")
    (tmp_path / "broken.gif").write_bytes(b"GIF89a")
    assert [is_animated(tmp_path / name) for name in ("still.gif", "broken.gif", "none.gif", "a.jpg")] == [False] * 4
    assert is_moving(Path("film.mp4"))


def test_one_that_breaks_off_is_named(tmp_path: Path) -> None:
    path = animated(tmp_path / "a.png")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 40])
    with pytest.raises(PictureError, match=r"a\.png"):
        list(read_frames(path))
