from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from dreamer.pictures import read_picture
from dreamer.pictures.color import from_gray, srgb_profile, to_srgb
from tests.pictures.test_read import RED, saved


def test_a_profile_is_converted_and_a_broken_one_taken_for_srgb(tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 4), RED)
    plain = read_picture(saved(tmp_path, image)).pixels
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert torch.allclose(read_picture(saved(tmp_path, image, icc_profile=srgb)).pixels, plain, atol=0.01)
    assert torch.equal(read_picture(saved(tmp_path, image, icc_profile=b"no profile")).pixels, plain)


def test_the_profile_of_outputs_is_always_the_same() -> None:
    made = srgb_profile()
    srgb_profile.cache_clear()
    assert srgb_profile() == made
    assert made[24:36] == bytes.fromhex("07df 0006 0011 0000 0000 0000")


def test_lab_values_are_converted() -> None:
    white = to_srgb(Image.new("LAB", (2, 2), (255, 128, 128)))
    assert white.mode == "RGB" and min(white.getpixel((0, 0))) >= 253  # type: ignore[arg-type, type-var]


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("I;16", [0, 32768, 65535], [0, 32768 / 65535, 1]),
        ("I", [0, 1000, 65535], [0, 1000 / 65535, 1]),
        ("I", [0, 1 << 20, 1 << 21], [0, 0.5, 1]),
        ("F", [0, 0.5, 1], [0, 0.5, 1]),
        ("F", [0, 0.5, 16], [0, 0.5, 1]),
        ("F", [0, 51, 255], [0, 0.2, 1]),
        ("F", [0, 13107, 65535], [0, 0.2, 1]),
        ("F", [0, 50_000, 100_000], [0, 0.5, 1]),
        ("F", [-3, float("nan"), float("inf")], [0, 0, 1]),
    ],
)
def test_deep_gray_is_spread_from_black_to_white(mode: str, values: list[float], expected: list[float]) -> None:
    kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    image = Image.fromarray(np.array([values], kind))
    assert image.mode == mode
    pixels = from_gray(image)
    assert pixels.shape == (3, 1, 3) and torch.allclose(
        pixels[:, 0], torch.tensor(expected).float().expand(3, 3), atol=1e-5
    )
