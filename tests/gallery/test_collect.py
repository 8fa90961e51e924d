from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image

from dreamer.gallery.collect import items_in
from dreamer.gallery.page import write_gallery
from dreamer.pictures.recipes import PNG_KEY
from dreamer.presets import load_preset
from dreamer.recipes import Recipe


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def giant(path: Path, side: int) -> Path:
    """A black gray PNG with a recipe inside that is large in pixels only, made line by line."""
    recipe = Recipe("key", load_preset("whisper"), "whisper").to_json()
    packer = zlib.compressobj(1)
    lines = [packer.compress(bytes(side + 1)) for _ in range(side)]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        + chunk(b"iTXt", PNG_KEY.encode() + b"\0\0\0\0\0" + recipe.encode())
        + chunk(b"IDAT", b"".join(lines) + packer.flush())
        + chunk(b"IEND", b"")
    )
    return path


def test_a_picture_over_pillow_s_own_limit_is_shown(tmp_path: Path) -> None:
    path = giant(tmp_path / "giant.png", 14_000)
    (item,) = items_in(tmp_path)
    assert (item.path, item.width, item.height) == (path, 14_000, 14_000)
    assert write_gallery([item], tmp_path / "index.html", title="t") == []
    (small,) = (tmp_path / "index_files").iterdir()
    with Image.open(small) as image:
        assert image.size == (480, 480)
