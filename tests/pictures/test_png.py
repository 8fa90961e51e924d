"""Strips of a PNG against the whole that Pillow decodes, for every color type and depth, filter and palette."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.errors import PictureError
from dreamer.pictures import png, read_picture
from dreamer.pictures.open import open_picture, picture_size
from dreamer.pictures.png import can_be_read_in_strips, exif_of, read_in_strips

WIDTH, HEIGHT = 37, 53
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = [(color, depth) for color, depths in DEPTHS.items() for depth in depths]
TURNED = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # orientation 6, as an EXIF block


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write(path: Path, color: int, depth: int, *, transparency: bytes = b"", cut: int = 0, late: bytes = b"") -> Path:
    """A PNG of random rows, each with a random filter, in data chunks of 300 bytes."""
    random = np.random.default_rng(color * 100 + depth)
    row = (WIDTH * CHANNELS[color] * depth + 7) // 8
    rows = random.integers(0, 256, (HEIGHT, row + 1), dtype=np.uint8)
    rows[:, 0] = random.integers(0, 5, HEIGHT)
    packed = zlib.compress(rows.tobytes())[: -cut or None]
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, 0))]
    if color == 3:
        parts.append(chunk(b"PLTE", random.bytes(3 * 2**depth)))
    if transparency:
        parts.append(chunk(b"tRNS", transparency))
    parts += [chunk(b"IDAT", packed[start : start + 300]) for start in range(0, len(packed), 300)]
    path.write_bytes(b"".join([*parts, late, chunk(b"IEND", b"")]))
    return path


@pytest.fixture(autouse=True)
def low_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_STRIP", 10 * WIDTH)


def joined(path: Path, factor: int) -> Image.Image:
    with open_picture(path) as (_, image):
        assert can_be_read_in_strips(image, factor)
        strips = list(read_in_strips(image, factor))
    assert len(strips) > 1 and all(strip.height % factor == 0 for strip in strips[:-1])
    return Image.fromarray(np.concatenate([np.asarray(strip.convert("RGBA")) for strip in strips]))


@pytest.mark.parametrize(("color", "depth"), KINDS)
def test_strips_are_the_whole(color: int, depth: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", color, depth)
    with Image.open(path) as whole:
        expected = np.asarray(whole.convert("RGBA"))
    for factor in (1, 7):
        assert np.array_equal(np.asarray(joined(path, factor)), expected)


@pytest.mark.parametrize(("color", "depth"), KINDS)
def test_a_small_picture_is_that_of_the_whole(color: int, depth: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", color, depth)
    small, whole = read_picture(path, fit=3).pixels, read_picture(path).pixels
    factor = HEIGHT // 6
    rows, columns = HEIGHT // factor, WIDTH // factor
    means = (
        whole[:, : rows * factor, : columns * factor].unfold(1, factor, factor).unfold(2, factor, factor).mean((3, 4))
    )
    if color != 6 and color != 4:  # colors under transparency count less
        assert (small[:, :rows, :columns] - means).abs().max() < 0.01


def test_transparency_of_a_palette_and_of_one_color_stays(tmp_path: Path) -> None:
    for color, transparency in ((3, bytes(range(200))), (2, struct.pack(">3H", 1, 2, 3)), (0, struct.pack(">H", 7))):
        path = write(tmp_path / f"{color}.png", color, 8, transparency=transparency)
        with Image.open(path) as whole:
            assert np.array_equal(np.asarray(joined(path, 5)), np.asarray(whole.convert("RGBA")))
        assert read_picture(path, fit=3).alpha is not None


def test_what_is_cut_short_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", 2, 8, cut=400)
    with pytest.raises(PictureError, match="cut short or damaged"):
        read_picture(path, fit=3)


def test_interlaced_pictures_are_left_to_pillow(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", 2, 8)
    data = path.read_bytes()
    header = data[16:28] + b"\1"
    path.write_bytes(data[:8] + chunk(b"IHDR", header) + data[33:])
    with open_picture(path) as (_, image):
        assert not can_be_read_in_strips(image, 2)


def test_rows_too_long_for_a_strip_are_left_to_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_LARGEST_STRIP", 2 * WIDTH - 1)
    with open_picture(write(tmp_path / "a.png", 2, 8)) as (_, image):
        assert can_be_read_in_strips(image, 1) and not can_be_read_in_strips(image, 2)


@pytest.mark.parametrize("late", [False, True])
def test_orientation_is_known_without_the_pixels(late: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.png", 2, 8, late=chunk(b"eXIf", TURNED) if late else b"")
    small = read_picture(path, fit=3).pixels.shape[1:]
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    assert picture_size(path) == ((WIDTH, HEIGHT) if late else (HEIGHT, WIDTH))
    assert (small[0] > small[1]) is not late
    with open_picture(path) as (_, image):
        assert exif_of(image).get(0x0112, 1) == (6 if late else 1)
