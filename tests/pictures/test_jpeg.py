from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from PIL import Image

from dreamer.pictures import FileSettings, read_picture, write_picture
from dreamer.pictures.jpeg import jpeg_quality


def tables(quality: int) -> dict[int, list[int]]:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return image.quantization  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 80, 92, 95, 99, 100])
def test_the_quality_of_libjpeg_is_found(quality: int) -> None:
    assert jpeg_quality(tables(quality)) == quality


def test_other_tables_have_the_quality_of_the_nearest() -> None:
    bent = {0: [min(value + 1, 255) for value in tables(85)[0]]}
    assert abs((jpeg_quality(bent) or 0) - 85) <= 3
    assert jpeg_quality({}) is None


@pytest.mark.parametrize(
    "settings, quality, layers, progressive",
    [
        ({}, 82, {(1, 1)}, False),
        ({"quality": 60, "subsampling": "4:2:0", "progressive": True}, 60, {(2, 2), (1, 1)}, True),
    ],
)
def test_quality_is_the_photo_s_own_or_as_asked(
    settings: dict[str, object], quality: int, layers: set[tuple[int, int]], progressive: bool, tmp_path: Path
) -> None:
    Image.effect_noise((64, 64), 90).convert("RGB").save(tmp_path / "a.jpg", quality=82)
    picture = read_picture(tmp_path / "a.jpg")
    files = FileSettings.model_validate(settings)
    write_picture(tmp_path / "b.jpg", picture.pixels, origin=picture.origin, file_settings=files)
    with Image.open(tmp_path / "b.jpg") as image:
        assert jpeg_quality(image.quantization) == quality  # type: ignore[attr-defined]
        assert {layer[1:3] for layer in image.layer} == layers  # type: ignore[attr-defined]
        assert ("progressive" in image.info) == progressive


def test_photos_of_other_formats_become_jpegs_of_quality_95(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.rand(3, 16, 16))
    picture = read_picture(tmp_path / "a.png")
    write_picture(tmp_path / "b.jpg", picture.pixels, origin=picture.origin)
    with Image.open(tmp_path / "b.jpg") as image:
        assert jpeg_quality(image.quantization) == 95  # type: ignore[attr-defined]
