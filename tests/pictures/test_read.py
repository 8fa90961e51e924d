from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamer.errors import PictureError
from dreamer.pictures import read_picture

RED = (200, 40, 60)


def saved(folder: Path, image: Image.Image, name: str = "a.png", **options: object) -> Path:
    image.save(folder / name, **options)  # type: ignore[arg-type]
    return folder / name


@pytest.mark.parametrize(
    "mode, color, expected",
    [
        ("RGB", RED, RED),
        ("L", 90, (90, 90, 90)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 257 * 90, (90, 90, 90)),
        ("RGBA", (*RED, 128), RED),
        ("LA", (90, 10), (90, 90, 90)),
    ],
)
def test_modes(mode: str, color: object, expected: tuple[int, ...], tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new(mode, (5, 3), color))  # type: ignore[arg-type]
    picture = read_picture(path)
    assert picture.pixels.shape == (3, 3, 5) and picture.pixels.dtype == torch.float32
    assert torch.allclose(picture.pixels[:, 1, 1] * 255, torch.tensor(expected, dtype=torch.float32), atol=0.6)
    assert (picture.alpha is not None) == (mode in ("RGBA", "LA"))
    assert picture.digest == hashlib.sha256(path.read_bytes()).hexdigest() and picture.name == "a.png"


def test_transparent_palettes_cmyk_and_animations(tmp_path: Path) -> None:
    palette = Image.new("RGB", (4, 4), RED).quantize(2)
    alpha = read_picture(saved(tmp_path, palette, "p.png", transparency=0)).alpha
    assert alpha is not None and alpha.min() == 0
    press = read_picture(saved(tmp_path, Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "c.jpg")).pixels[:, 2, 2]
    assert press[0] > 0.8 and press[1] < 0.3 and press[2] < 0.3
    frames = [Image.new("RGB", (4, 4), color) for color in (RED, (0, 0, 0))]
    first = read_picture(saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])).pixels
    assert torch.allclose(first[:, 0, 0] * 255, torch.tensor(RED, dtype=torch.float32), atol=3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int, tmp_path: Path) -> None:
    upright = np.zeros((6, 10, 3), np.uint8)
    upright[0, 0] = 255
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright.transpose(1, 0, 2), 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(np.ascontiguousarray(turned)), exif=exif)
    pixels = read_picture(path).pixels
    assert pixels.shape == (3, 6, 10)
    assert pixels[:, 0, 0].min() == 1 and pixels.sum() == 3


def broken(folder: Path, name: str) -> Path:
    whole = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(whole, "PNG" if name.endswith("png") else "JPEG")
    contents = {"empty.png": b"", "text.jpg": b"this is no picture"}
    (folder / name).write_bytes(contents.get(name, whole.getvalue()[: len(whole.getvalue()) // 2]))
    return folder / name


@pytest.mark.parametrize(
    "name, said",
    [("empty.png", "empty"), ("text.jpg", "not a picture"), ("cut.png", "cut short"), ("cut.jpg", "cut short")],
)
def test_broken_files_are_named(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=said) as caught:
        read_picture(broken(tmp_path, name))
    assert name in str(caught.value)


def test_missing_files_folders_and_giants_are_named(tmp_path: Path) -> None:
    saved(tmp_path, Image.new("RGB", (2000, 1000)), "photo.png")
    with pytest.raises(PictureError, match=r"photo\.png"):
        read_picture(tmp_path / "phto.png")
    with pytest.raises(PictureError, match="folder"):
        read_picture(tmp_path)
    with pytest.raises(PictureError, match=r"2\.0|2 "):
        read_picture(tmp_path / "photo.png", max_megapixels=1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_are_named(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (4, 4)))
    path.chmod(0)
    with pytest.raises(PictureError, match="may not read"):
        read_picture(path)


def test_real_photographs(photos: Path) -> None:
    shapes = {}
    for name in (
        "adobe-rgb.jpg",
        "cmyk.jpg",
        "rotated-exif-6.jpg",
        "rotated-exif-8.jpg",
        "sixteen-bit.png",
        "cradle.gif",
    ):
        pixels = read_picture(photos / name).pixels
        assert 0.05 < float(pixels.mean()) < 0.95 and float(pixels.std()) > 0.03
        shapes[name] = pixels.shape
    with Image.open(photos / "rotated-exif-6.jpg") as stored:
        assert shapes["rotated-exif-6.jpg"] == (3, stored.width, stored.height)
    assert read_picture(photos / "transparent.png").alpha is not None
    with pytest.raises(PictureError, match="cut short"):
        read_picture(photos / "truncated.jpg")
