from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamer.errors import PictureError
from dreamer.pictures import read_picture, write_picture
from dreamer.pictures.names import RAW_SUFFIXES, is_picture_name
from dreamer.pictures.open import picture_size


def dng(path: Path, *, turned: bool = False, width: int = 64, height: int = 48) -> Path:
    """A camera's raw file: a red and blue mosaic of 16 bits, by the DNG specification 1.4."""
    mosaic = np.zeros((height, width), "<u2")
    mosaic[0::2, 0::2] = 40_000  # red
    mosaic[1::2, 1::2] = 20_000  # blue
    one = struct.pack("<II", 1, 1)
    fields: list[tuple[int, int, int, bytes]] = [
        (0x00FE, 4, 1, struct.pack("<I", 0)),
        (0x0100, 4, 1, struct.pack("<I", width)),
        (0x0101, 4, 1, struct.pack("<I", height)),
        (0x0102, 3, 1, struct.pack("<H", 16)),
        (0x0103, 3, 1, struct.pack("<H", 1)),
        (0x0106, 3, 1, struct.pack("<H", 32803)),
        (0x010F, 2, 6, b"Fuchs\0"),
        (0x0110, 2, 4, b"F 1\0"),
        (0x0111, 4, 1, b"STRP"),
        (0x0112, 3, 1, struct.pack("<H", 6 if turned else 1)),
        (0x0115, 3, 1, struct.pack("<H", 1)),
        (0x0116, 4, 1, struct.pack("<I", height)),
        (0x0117, 4, 1, struct.pack("<I", mosaic.nbytes)),
        (0x0132, 2, 20, b"2019:05:04 03:02:01\0"),
        (0x828D, 3, 2, struct.pack("<HH", 2, 2)),
        (0x828E, 1, 4, bytes([0, 1, 1, 2])),
        (0xC612, 1, 4, bytes([1, 4, 0, 0])),
        (0xC614, 2, 4, b"F 1\0"),
        (0xC61D, 4, 1, struct.pack("<I", 65535)),
        (
            0xC621,
            10,
            9,
            b"".join(one if row == column else struct.pack("<ii", 0, 1) for row in range(3) for column in range(3)),
        ),
        (0xC628, 5, 3, one * 3),
    ]
    start = 8 + 2 + 12 * len(fields) + 4
    values, entries = b"", b""
    for tag, kind, count, data in fields:
        if data == b"STRP":
            entries += struct.pack("<HHI", tag, kind, count) + b"STRP"
        elif len(data) <= 4:
            entries += struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0")
        else:
            entries += struct.pack("<HHII", tag, kind, count, start + len(values))
            values += data + bytes(len(data) % 2)
    entries = entries.replace(b"STRP", struct.pack("<I", start + len(values)))
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + entries + bytes(4)
    path.write_bytes(head + values + mosaic.tobytes())
    return path


@pytest.mark.formats
def test_camera_raw_is_developed_in_sixteen_bits_with_its_metadata(tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng")
    picture = read_picture(path)
    red, green, blue = picture.pixels[:, 20, 20]
    assert picture.pixels.shape == (3, 48, 64) == (3, *picture_size(path)) and red > blue > green
    assert picture.origin is not None and picture.origin.depth == 16
    write_picture(tmp_path / "b.jpg", picture.pixels, origin=picture.origin)
    with Image.open(tmp_path / "b.jpg") as image:
        exif = image.getexif()
        assert exif[0x010F] == "Fuchs" and exif[0x0132] == "2019:05:04 03:02:01" and 0xC612 not in exif


@pytest.mark.formats
def test_turned_camera_raw_comes_out_upright_once(tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng", turned=True)
    assert read_picture(path).pixels.shape == (3, 64, 48) == (3, *picture_size(path))


@pytest.mark.formats
def test_jpeg_xl(tmp_path: Path) -> None:
    import pillow_jxl  # noqa: F401  # teaches Pillow to write it

    Image.new("RGB", (30, 20), (200, 40, 60)).save(tmp_path / "a.jxl", lossless=True)
    picture = read_picture(tmp_path / "a.jxl")
    assert torch.equal((picture.pixels[:, 3, 3] * 255).round(), torch.tensor([200.0, 40, 60]))


@pytest.mark.formats
def test_linear_light_of_openexr_goes_in_and_out(tmp_path: Path) -> None:
    bright = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0))
    beyond = torch.zeros(3, 20, 30)
    beyond[0, 5], beyond[1, 6] = 1.5, -0.2
    alpha = torch.rand(1, 20, 30, generator=torch.Generator().manual_seed(1))
    write_picture(tmp_path / "a.exr", bright, alpha=alpha, beyond=beyond, recipe='{"title":"Träume"}')
    picture = read_picture(tmp_path / "a.exr")
    assert picture.beyond is not None and picture.alpha is not None
    assert torch.allclose(picture.pixels + picture.beyond, bright + beyond, atol=1e-5)
    assert torch.allclose(picture.alpha, alpha, atol=1e-6)
    assert picture_size(tmp_path / "a.exr") == (20, 30)


@pytest.mark.parametrize("form, suffix", [("TGA", ".tga"), ("QOI", ".qoi"), ("MPO", ".mpo")])
def test_what_pillow_reads(form: str, suffix: str, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (200, 40, 60)).save(tmp_path / f"a{suffix}", form)
    assert read_picture(tmp_path / f"a{suffix}").pixels.shape == (3, 20, 30)
    assert is_picture_name(f"a{suffix}")


def test_photoshop_files_are_read_flattened(tmp_path: Path) -> None:
    planes = np.stack([np.full((20, 30), value, np.uint8) for value in (200, 40, 60)])
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 20, 30, 8, 3) + bytes(12) + struct.pack(">H", 0)
    (tmp_path / "a.psd").write_bytes(head + planes.tobytes())
    picture = read_picture(tmp_path / "a.psd")
    assert torch.equal((picture.pixels[:, 3, 3] * 255).round(), torch.tensor([200.0, 40, 60]))


HEADS = {
    "heic": ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    "jxl": ("a.jxl", b"\xff\x0a" + bytes(20)),
    "exr": ("a.exr", b"\x76\x2f\x31\x01" + bytes(20)),
    "raw": ("a.nef", b"II*\0" + bytes(20)),
}
PACKAGES = {"heic": "pillow_heif", "jxl": "pillow_jxl", "exr": "OpenEXR", "raw": "rawpy"}


@pytest.mark.parametrize("extra", HEADS)
def test_the_extra_that_is_missing_is_named(extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, head = HEADS[extra]
    (tmp_path / name).write_bytes(head)
    monkeypatch.setitem(sys.modules, PACKAGES[extra], None)
    with pytest.raises(PictureError, match=rf"needs an extra\n.*pip install 'dreamer\[{extra}\]'"):
        read_picture(tmp_path / name)


@pytest.mark.formats
@pytest.mark.parametrize("extra", HEADS)
def test_broken_files_of_the_extras_are_named(extra: str, tmp_path: Path) -> None:
    name, head = HEADS[extra]
    (tmp_path / name).write_bytes(head)
    with pytest.raises(PictureError, match=name):
        read_picture(tmp_path / name)


@pytest.mark.formats
def test_an_openexr_file_that_is_cut_short_is_named_and_nothing_else_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "a.exr", torch.rand(3, 40, 48))
    (tmp_path / "a.exr").write_bytes((tmp_path / "a.exr").read_bytes()[:9000])
    with pytest.raises(PictureError, match="cut short or damaged"):
        read_picture(tmp_path / "a.exr")
    assert capsys.readouterr().out == ""


def test_every_raw_suffix_names_a_picture() -> None:
    assert all(is_picture_name(f"a{suffix}") for suffix in RAW_SUFFIXES)
