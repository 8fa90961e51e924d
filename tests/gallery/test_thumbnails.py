from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.errors import FilmError, PictureError
from dreamer.film.write import FilmWriter
from dreamer.gallery.thumbnails import make_thumbnail, show_small
from tests.gallery.test_page import picture
from tests.pictures.profiles import DISPLAY_P3, SRGB_CURVE, profile


def test_small_pictures_are_made_once_and_again_when_theirs_change(tmp_path: Path) -> None:
    path = picture(tmp_path / "big.png", "blue", (900, 300))
    name = make_thumbnail(path, tmp_path / "small", 300)
    small = tmp_path / "small" / name
    with Image.open(small) as image:
        assert image.size == (300, 100)
    made = small.stat().st_mtime_ns
    make_thumbnail(path, tmp_path / "small", 300)
    assert small.stat().st_mtime_ns == made
    picture(path, "green", (900, 300))
    later = small.stat().st_mtime + 10
    os.utime(path, (later, later))
    make_thumbnail(path, tmp_path / "small", 300)
    with Image.open(small) as image:
        assert image.getpixel((5, 5))[1] > 100  # type: ignore[index]


def test_what_cannot_be_shown_gets_no_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    for name in ("broken.png", "broken.mp4", "missing.png", "missing.mp4"):
        with pytest.raises((PictureError, FilmError), match=name):
            make_thumbnail(tmp_path / name, tmp_path / "small", 300)
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize(
    ("mode", "color", "shown"),
    [
        ("L", 90, (90, 90, 90)),
        ("RGB", (9, 8, 7), (9, 8, 7)),
        ("RGBA", (9, 8, 7, 0), (255, 255, 255)),
        ("LA", (90, 255), (90, 90, 90)),
    ],
)
def test_every_mode_is_shown_as_rgb_over_white(
    mode: str, color: int | tuple[int, ...], shown: tuple[int, ...], tmp_path: Path
) -> None:
    Image.new(mode, (60, 40), color).save(tmp_path / "a.png")
    image = show_small(tmp_path / "a.png", 30)
    assert (image.mode, image.size, image.getpixel((5, 5))) == ("RGB", (30, 20), shown)


def test_pictures_are_shown_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 40)).save(tmp_path / "a.jpg", exif=exif)
    image = show_small(tmp_path / "a.jpg", 30)
    assert image.size == (20, 30)


def test_a_film_is_shown_by_its_first_frame(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "a.mp4", width=64, height=48, fps=Fraction(10)) as film:
        for value in (200, 20, 20):
            film.add(np.full((48, 64, 3), value, np.uint8))
    image = show_small(tmp_path / "a.mp4", 32)
    assert image.size == (32, 24)
    assert image.getpixel((16, 12))[0] > 180  # type: ignore[index]


def test_a_picture_made_anew_under_its_photo_s_old_date_is_shown_anew(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", "blue", (60, 40))
    small = tmp_path / make_thumbnail(path, tmp_path, 30)
    os.utime(small, (1.5e9, 1.5e9))
    picture(path, "green", (60, 40))
    os.utime(path, (1e9, 1e9))
    make_thumbnail(path, tmp_path, 30)
    with Image.open(small) as image:
        assert image.getpixel((5, 5))[1] > 100  # type: ignore[index]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_wide_colors_are_shown_in_srgb(mode: str, tmp_path: Path) -> None:
    color = (100, 200, 100, 255)[: len(mode)]
    Image.new(mode, (60, 40), color).save(tmp_path / "a.png", icc_profile=profile(DISPLAY_P3, SRGB_CURVE))
    shown = show_small(tmp_path / "a.png", 30).getpixel((5, 5))
    assert shown[0] < 80 and shown[1] > 200  # type: ignore[index]
