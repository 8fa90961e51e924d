"""How pictures' files are made, by the options of the commands and in files of jobs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer import FileSettings, batch
from dreamer.pictures.jpeg import jpeg_quality
from dreamer.recipes import recipe_of
from tests.pictures.profiles import DISPLAY_P3, SRGB_CURVE, profile

from .conftest import Dreamer

pytestmark = pytest.mark.usefixtures("networks_kept")
WIDE = profile(DISPLAY_P3, SRGB_CURVE, "Display P3")
STILL = ("-p", "whisper", "--set", "octaves.count=1", "--set", "octaves.steps=1", "--size", "64", "--device", "cpu")
ONCE = ["octaves.count=1", "octaves.steps=1"]


@pytest.fixture
def photo(folder: Path) -> Path:
    """photo.jpg, 64 x 48, by a camera, of quality 88, in Display P3, from 2001."""
    exif = Image.Exif()
    exif[0x010F] = "Fuchs"
    exif.get_ifd(0x8825)[1] = "N"
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((64, 48))
    image.save(folder / "photo.jpg", exif=exif, quality=88, icc_profile=WIDE)
    os.utime(folder / "photo.jpg", (1e9, 1e9))
    return folder / "photo.jpg"


def facts(path: str) -> tuple[int | None, str | None, bool, bool]:
    """Quality, maker, whether there is a place, and whether the profile is the photo's."""
    with Image.open(path) as image:
        exif = image.getexif()
        tables = getattr(image, "quantization", {})
        return jpeg_quality(tables), exif.get(0x010F), bool(exif.get_ifd(0x8825)), image.info["icc_profile"] == WIDE


def test_a_dream_keeps_what_is_safe_of_its_photo_s_file(dreamer: Dreamer, photo: Path) -> None:
    result = dreamer("render", "photo.jpg", *STILL, "-o", "{stem}-dream.jpg", "--keep-dates")
    assert result.exit_code == 0, result.output
    assert facts("photo-dream.jpg") == (88, "Fuchs", False, True)
    assert os.path.getmtime("photo-dream.jpg") == 1e9
    assert recipe_of(Path("photo-dream.jpg")).files == FileSettings()


def test_other_options_make_another_file_and_again_makes_it_anew(dreamer: Dreamer, photo: Path) -> None:
    options = ("--metadata", "all", "--profile", "srgb", "--quality", "70")
    assert dreamer("render", "photo.jpg", *STILL, "-o", "a.jpg").exit_code == 0
    other = dreamer("render", "photo.jpg", *STILL, "-o", "a.jpg", *options)
    assert "a.jpg was made with another metadata, profile, quality" in other.output
    assert facts("a-2.jpg") == (70, "Fuchs", True, False)
    assert "# file: metadata = all, profile = srgb, quality = 70\n" in dreamer("recipe", "a-2.jpg").stdout
    assert "done already" in dreamer("render", "photo.jpg", *STILL, "-o", "a.jpg", *options).output
    assert dreamer("again", "a-2.jpg", "-o", "b.jpg").exit_code == 0
    assert facts("b.jpg") == facts("a-2.jpg") and recipe_of(Path("b.jpg")).key == recipe_of(Path("a-2.jpg")).key
    with Image.open("a-2.jpg") as first, Image.open("b.jpg") as second:
        assert np.array_equal(np.asarray(first), np.asarray(second))
    assert dreamer("again", "a-2.jpg", "-o", "c.jpg", "--quality", "60").exit_code == 0
    assert facts("c.jpg") == (60, "Fuchs", True, False)


def test_options_that_a_format_does_not_know_make_no_other_file(dreamer: Dreamer, photo: Path) -> None:
    assert dreamer("render", "photo.jpg", *STILL, "-o", "a.png").exit_code == 0
    again = dreamer("render", "photo.jpg", *STILL, "-o", "a.png", "--quality", "60", "--progressive", "--keep-dates")
    assert "done already" in again.output


def test_files_of_jobs_and_batches_take_them_and_do_not_take_others_for_done(dreamer: Dreamer, photo: Path) -> None:
    jobs = """output = "out"
[[jobs]]
inputs = ["photo.jpg"]
presets = ["whisper"]
set = ["octaves.count=1", "octaves.steps=1"]
size = 64
format = "jpg"
quality = QUALITY
keep_dates = true
"""
    for quality, state in ((70, "new"), (60, "stale")):
        Path("night.toml").write_text(jobs.replace("QUALITY", str(quality)))
        assert dreamer("batch", "--jobs", "night.toml", "-n").stdout.startswith(state)
        assert dreamer("batch", "--jobs", "night.toml", "--redo-stale", "--no-gallery").exit_code == 0
        assert facts("out/whisper/photo.jpg")[0] == quality
        assert os.path.getmtime("out/whisper/photo.jpg") == 1e9
    assert dreamer("batch", "--jobs", "night.toml", "-n").stdout.startswith("done")


def test_python_says_the_same(photo: Path) -> None:
    tally = batch(
        [photo], ["whisper"], "out", overrides=ONCE, size=64, file_settings=FileSettings(depth=16, metadata="none")
    )
    assert tally.done == 1
    assert Path("out/whisper/photo.png").read_bytes()[24] == 16
    assert facts("out/whisper/photo.png")[1] is None


def test_broken_metadata_and_profiles_are_told_on_stderr(dreamer: Dreamer, photo: Path) -> None:
    Image.new("RGB", (48, 48), "red").save("odd.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff", icc_profile=b"nonsense")
    result = dreamer("render", "odd.jpg", *STILL, "-o", "odd.png")
    assert result.exit_code == 0
    assert "warning: odd.png: odd.jpg: its color profile of 8 bytes cannot be read; sRGB is assumed" in result.stderr
    assert "warning: odd.png: its EXIF is damaged and left out" in result.stderr


def test_colors_outside_a_mask_come_back(dreamer: Dreamer, photo: Path) -> None:
    mask = "canvas.mask={ shape='rectangle', center=[0.2, 0.5], size=[0.2, 1.0], feather=0.0 }"
    assert dreamer("render", "photo.jpg", *STILL, "--set", mask, "-o", "a.png").exit_code == 0
    with Image.open("photo.jpg") as before, Image.open("a.png") as after:
        difference = np.abs(np.asarray(before).astype(int) - np.asarray(after))
    assert difference[:, 30:].max() <= 1 < difference[:, :20].max()


def test_a_dream_of_full_fidelity_is_the_photo(dreamer: Dreamer, photo: Path) -> None:
    assert dreamer("render", "photo.jpg", *STILL, "--set", "fidelity=1", "-o", "a.png").exit_code == 0
    with Image.open("photo.jpg") as before, Image.open("a.png") as after:
        assert np.abs(np.asarray(before).astype(int) - np.asarray(after)).max() <= 1
