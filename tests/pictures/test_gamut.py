from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from dreamer.pictures import FileSettings, read_picture, write_picture
from dreamer.pictures.gamut import faded, from_srgb, light_and_beyond, linear_light, to_srgb_and_beyond
from dreamer.pictures.icc import parse_profile
from tests.pictures.profiles import ADOBE_RGB, DISPLAY_P3, GAMMA, SRGB_CURVE, profile

WIDE = {
    "Display P3": profile(DISPLAY_P3, SRGB_CURVE, "Display P3"),
    "Adobe RGB": profile(ADOBE_RGB, GAMMA, "Adobe RGB"),
}
CORNERS = [(r, g, b) for r in (0, 128, 255) for g in (0, 128, 255) for b in (0, 128, 255)]


def wide_photo(path: Path, name: str) -> np.ndarray:
    colors = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    colors[0, :27] = CORNERS
    Image.fromarray(colors).save(path, icc_profile=WIDE[name])
    return colors


def written(photo: Path, output: Path, change: torch.Tensor | float = 0.0, **settings: object) -> np.ndarray:
    picture = read_picture(photo)
    write_picture(
        output,
        (picture.pixels + change).clamp(0, 1),
        beyond=picture.beyond,
        origin=picture.origin,
        file_settings=FileSettings.model_validate(settings),
    )
    return np.asarray(Image.open(output))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("name", WIDE)
def test_colors_that_were_not_touched_come_back_in_their_own_profile(name: str, suffix: str, tmp_path: Path) -> None:
    colors = wide_photo(tmp_path / "a.png", name)
    found = written(tmp_path / "a.png", tmp_path / f"b{suffix}")
    assert np.abs(found.astype(int) - colors).max() <= 1
    with Image.open(tmp_path / f"b{suffix}") as image:
        assert image.info["icc_profile"] == WIDE[name]


def test_jpeg_and_webp_carry_the_profile(tmp_path: Path) -> None:
    wide_photo(tmp_path / "a.png", "Display P3")
    for name in ("b.jpg", "b.webp"):
        written(tmp_path / "a.png", tmp_path / name)
        with Image.open(tmp_path / name) as image:
            assert image.info["icc_profile"] == WIDE["Display P3"]


def test_srgb_where_it_is_asked_for_cuts_what_lies_outside(tmp_path: Path) -> None:
    colors = wide_photo(tmp_path / "a.png", "Display P3")
    found = written(tmp_path / "a.png", tmp_path / "b.png", profile="srgb")
    with Image.open(tmp_path / "b.png") as image:
        assert image.info["icc_profile"] != WIDE["Display P3"]
    red = np.flatnonzero((colors[0] == (255, 0, 0)).all(-1))[0]
    assert tuple(found[0, red]) == (255, 0, 0)  # the most saturated red of P3 lies outside sRGB


def test_a_dream_is_added_to_the_full_color(tmp_path: Path) -> None:
    wide_photo(tmp_path / "a.png", "Display P3")
    picture = read_picture(tmp_path / "a.png")
    assert picture.beyond is not None and float(picture.beyond.abs().max()) > 0.05
    primaries = parse_profile(WIDE["Display P3"])
    expected = from_srgb((picture.pixels - 0.1).clamp(0, 1) + picture.beyond, primaries)
    found = written(tmp_path / "a.png", tmp_path / "b.png", change=-0.1)
    assert np.abs(found - expected.permute(1, 2, 0).numpy() * 255).max() < 0.51


def test_what_goes_beyond_fades_where_the_dream_has_left_the_photo() -> None:
    beyond, photo = torch.full((3, 1, 4), -0.2), torch.full((3, 1, 4), 0.3)
    dream = photo.clone()
    dream[1, 0] = torch.tensor([0.3, 0.4, 0.8, 1.0])
    assert torch.allclose(faded(beyond, dream, photo)[0, 0], torch.tensor([-0.2, -0.16, 0, 0]))


def test_sixteen_bits_in_a_wide_profile_come_back(tmp_path: Path) -> None:
    primaries = parse_profile(WIDE["Adobe RGB"])
    encoded = np.random.default_rng(2).integers(0, 65536, (30, 40, 3), np.uint16)
    pixels, beyond = to_srgb_and_beyond(encoded, primaries)
    assert beyond is not None and pixels.min() >= 0 and pixels.max() <= 1
    back = from_srgb(pixels + beyond, primaries).permute(1, 2, 0).numpy() * 65535
    assert np.abs(back - encoded).max() < 65535 / 255 / 2 and np.median(np.abs(back - encoded)) < 0.5


def test_colors_inside_have_nothing_beyond() -> None:
    gray = np.full((4, 4, 3), 90, np.uint8)
    assert to_srgb_and_beyond(gray, parse_profile(WIDE["Display P3"]))[1] is None


def test_light_of_any_values_is_divided() -> None:
    light = np.array([[[-0.5, 0.2, 3.0], [np.nan, np.inf, 0.0]]], np.float32)
    pixels, beyond = light_and_beyond(light)
    assert beyond is not None and torch.isfinite(beyond).all()
    back = linear_light(pixels + beyond).permute(1, 2, 0).numpy()
    assert np.allclose(back[0, 0], light[0, 0], atol=1e-4)


def test_a_profile_that_cannot_be_read_is_named_and_srgb_assumed(tmp_path: Path) -> None:
    colors = np.full((8, 8, 3), (200, 40, 60), np.uint8)
    damaged = WIDE["Display P3"][:36] + b"xxxx" + WIDE["Display P3"][40:]
    Image.fromarray(colors).save(tmp_path / "a.png", icc_profile=damaged)
    picture = read_picture(tmp_path / "a.png")
    (note,) = picture.notes
    assert "'Display P3' cannot be read; sRGB is assumed" in note
    assert torch.equal((picture.pixels[:, 0, 0] * 255).round(), torch.tensor([200.0, 40, 60]))
    Image.fromarray(colors).save(tmp_path / "b.png", icc_profile=b"nonsense")
    assert "of 8 bytes cannot be read" in read_picture(tmp_path / "b.png").notes[0]


def test_a_profile_for_other_colors_is_named(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", icc_profile=lab_profile())
    assert "is for 'Lab', not for RGB" in read_picture(tmp_path / "a.png").notes[0]


def lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def test_real_photographs_in_adobe_rgb_come_back(photos: Path, tmp_path: Path) -> None:
    found = written(photos / "adobe-rgb.jpg", tmp_path / "a.png")
    with Image.open(photos / "adobe-rgb.jpg") as image:
        assert np.abs(np.asarray(image).astype(int) - found).max() <= 1
        with Image.open(io.BytesIO((tmp_path / "a.png").read_bytes())) as made:
            assert made.info["icc_profile"] == image.info["icc_profile"]
