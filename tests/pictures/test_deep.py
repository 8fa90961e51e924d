from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamer.pictures import FileSettings, read_picture, write_picture
from tests.pictures.profiles import DISPLAY_P3, SRGB_CURVE, profile

DEEP = FileSettings(depth=16)


def gradient(height: int = 8, width: int = 4096) -> torch.Tensor:
    """A smooth run over a twentieth of the range: 13 steps of 8 bits, 3277 of 16."""
    return torch.linspace(0.4, 0.45, width).expand(3, height, width).contiguous()


def codes(path: Path) -> np.ndarray:
    """(H, W, C) as OpenCV reads them."""
    import cv2

    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert values is not None
    return values[..., [2, 1, 0, 3][: values.shape[2]]]


@pytest.mark.opencv
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_all_sixteen_bits_of_others_files_are_read(suffix: str, channels: int, tmp_path: Path) -> None:
    import cv2

    values = np.random.default_rng(0).integers(0, 65536, (37, 70, channels), np.uint16)
    cv2.imwrite(str(tmp_path / f"a{suffix}"), values[..., [2, 1, 0, 3][:channels]])
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.origin is not None and picture.origin.depth == 16
    found = torch.cat([picture.pixels, *([] if picture.alpha is None else [picture.alpha])])
    assert np.array_equal((found * 65535).round().permute(1, 2, 0).numpy(), values)


@pytest.mark.opencv
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_smooth_gradient_has_no_bands(suffix: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_picture(first, gradient(), file_settings=DEEP)
    picture = read_picture(first)
    write_picture(second, picture.pixels, origin=picture.origin)
    values = codes(second)
    assert values.dtype == np.uint16 and np.array_equal(values, codes(first))
    row = values[0, :, 0].astype(int)
    assert max(after - before for before, after in pairwise(row)) <= 1 and len(set(row)) > 3200


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_what_is_written_is_read_to_the_last_bit(suffix: str, channels: int, tmp_path: Path) -> None:
    values = torch.randint(0, 65536, (channels, 130, 70), generator=torch.Generator().manual_seed(1)) / 65535
    alpha = values[3:] if channels == 4 else None
    write_picture(tmp_path / f"a{suffix}", values[:3], alpha=alpha, recipe="{}", file_settings=DEEP)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert torch.equal(picture.pixels, values[:3].float())
    assert alpha is None if picture.alpha is None else torch.equal(picture.alpha, values[3:].float())


def test_the_depth_is_the_photo_s_own_or_as_asked(tmp_path: Path) -> None:
    write_picture(tmp_path / "deep.png", gradient(), file_settings=DEEP)
    write_picture(tmp_path / "plain.png", gradient())
    for name, depth, expected in (("deep", "source", 16), ("deep", 8, 8), ("plain", "source", 8), ("plain", 16, 16)):
        picture = read_picture(tmp_path / f"{name}.png")
        files = FileSettings(depth=depth)
        write_picture(tmp_path / "made.png", picture.pixels, origin=picture.origin, file_settings=files)
        assert (tmp_path / "made.png").read_bytes()[24] == expected


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_deep_pictures_are_turned_upright(orientation: int, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.rand(3, 6, 10), file_settings=DEEP)
    data = (tmp_path / "a.png").read_bytes()
    exif = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1" + bytes([0, orientation]) + bytes(6)
    from zlib import crc32

    chunk = struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", crc32(b"eXIf" + exif))
    (tmp_path / "b.png").write_bytes(data[:33] + chunk + data[33:])
    plain, turned = read_picture(tmp_path / "a.png").pixels, read_picture(tmp_path / "b.png").pixels
    assert torch.equal(turned, torch.rot90(plain, {1: 0, 3: 2, 6: -1, 8: 1}[orientation], (1, 2)))


def test_deep_gray_with_alpha(tmp_path: Path) -> None:
    from zlib import compress, crc32

    values = (np.arange(24).reshape(3, 4, 2) * 2731).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 4, 3, 16, 4, 0, 0, 0)), (b"IDAT", compress(rows)), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", crc32(n + d)) for n, d in chunks)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None
    assert np.array_equal((picture.pixels[1] * 65535).round().numpy(), values[..., 0])
    assert np.array_equal((picture.alpha[0] * 65535).round().numpy(), values[..., 1])


def test_a_deep_picture_keeps_its_wide_profile(tmp_path: Path) -> None:
    from dreamer.pictures.origin import Origin

    wide = profile(DISPLAY_P3, SRGB_CURVE)
    write_picture(tmp_path / "a.png", gradient(), origin=Origin(profile=wide, depth=16))
    picture = read_picture(tmp_path / "a.png")
    assert picture.origin is not None and picture.origin.profile == wide and picture.origin.depth == 16
    assert torch.allclose(picture.pixels, gradient(), atol=1e-4)


@pytest.mark.formats
def test_heic_of_ten_bits(tmp_path: Path) -> None:
    import pillow_heif

    ramp = np.linspace(20_000, 30_000, 256).astype(np.uint16)
    values = np.repeat(np.broadcast_to(ramp, (64, 256))[..., None], 3, -1)
    heif = pillow_heif.from_bytes("RGB;16", (256, 64), values.tobytes())
    heif.save(tmp_path / "a.heic", quality=-1, bit_depth=10, chroma=444)
    picture = read_picture(tmp_path / "a.heic")
    assert picture.origin is not None and picture.origin.depth == 16
    assert len(picture.pixels[1, 10].unique()) > 100  # 39 in 8 bits
    assert np.abs(picture.pixels.permute(1, 2, 0).numpy() - values / 65535).max() < 0.01


@pytest.mark.opencv
def test_avif_of_ten_bits(tmp_path: Path) -> None:
    import cv2

    ramp = np.linspace(300, 460, 256).astype(np.uint16)
    values = np.repeat(np.broadcast_to(ramp, (64, 256))[..., None], 3, -1)
    cv2.imwrite(str(tmp_path / "a.avif"), values, [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 100])
    picture = read_picture(tmp_path / "a.avif")
    assert picture.origin is not None and picture.origin.depth == 16
    assert np.abs(picture.pixels.permute(1, 2, 0).numpy() - values / 1023).max() < 0.003
    assert len(picture.pixels[1, 10].unique()) > 100


def test_avif_of_eight_bits_is_plain(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), "red").save(tmp_path / "a.avif")
    picture = read_picture(tmp_path / "a.avif")
    assert picture.origin is not None and picture.origin.depth == 8


@pytest.mark.opencv
def test_the_real_one_comes_back_to_the_last_bit(photos: Path, tmp_path: Path) -> None:
    picture = read_picture(photos / "sixteen-bit.png")
    for name in ("a.png", "a.tif"):
        write_picture(tmp_path / name, picture.pixels, origin=picture.origin)
        assert np.array_equal(codes(tmp_path / name), codes(photos / "sixteen-bit.png"))
