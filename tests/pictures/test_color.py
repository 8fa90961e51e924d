from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image, ImageCms

from dreamer.pictures import read_picture
from dreamer.pictures.color import to_srgb
from tests.pictures.test_read import RED, saved


def test_a_profile_is_converted_and_a_broken_one_taken_for_srgb(tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 4), RED)
    plain = read_picture(saved(tmp_path, image)).pixels
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert torch.allclose(read_picture(saved(tmp_path, image, icc_profile=srgb)).pixels, plain, atol=0.01)
    assert torch.equal(read_picture(saved(tmp_path, image, icc_profile=b"no profile")).pixels, plain)


def test_lab_values_are_converted() -> None:
    white = to_srgb(Image.new("LAB", (2, 2), (255, 128, 128)))
    assert white.mode == "RGB" and min(white.getpixel((0, 0))) >= 253  # type: ignore[arg-type, type-var]
