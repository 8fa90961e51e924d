from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import torch
from PIL import Image

from dreamer.gallery.collect import collect_items
from dreamer.gallery.item import Outcome
from dreamer.gallery.page import write_gallery
from dreamer.pictures import write_picture
from dreamer.pictures.recipes import PNG_KEY
from dreamer.presets import load_preset
from dreamer.recipes import Recipe

RECIPE = Recipe("key", load_preset("whisper"), "whisper", "photo.png", "digest").to_json()


def dreamt(path: Path) -> Path:
    write_picture(path, torch.zeros(3, 4, 6), recipe=RECIPE)
    return path


def photo(path: Path) -> Path:
    write_picture(path, torch.ones(3, 4, 6))
    return path


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def giant(path: Path, side: int) -> Path:
    """A black gray PNG with a recipe inside that is large in pixels only, made line by line."""
    packer = zlib.compressobj(1)
    lines = [packer.compress(bytes(side + 1)) for _ in range(side)]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        + chunk(b"iTXt", PNG_KEY.encode() + b"\0\0\0\0\0" + RECIPE.encode())
        + chunk(b"IDAT", b"".join(lines) + packer.flush())
        + chunk(b"IEND", b"")
    )
    return path


def test_only_what_dreamer_made_is_collected_in_natural_order(tmp_path: Path) -> None:
    for name in ("10.png", "9.png", "below/1.png", ".hidden/2.png", ".3.png", "film.mp4.frames/4.png"):
        dreamt(tmp_path / name)
    dreamt(tmp_path / "index_files" / "5.png")
    (tmp_path / "index.html").touch()
    photo(tmp_path / "foreign.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    items = list(collect_items(tmp_path))
    assert [item.path.name for item in items] == ["1.png", "9.png", "10.png"]
    assert (items[0].kind, items[0].preset, items[0].input, items[0].width) == ("still", "whisper", "photo.png", 6)
    assert "[[targets]]" in items[0].recipe and items[0].before is None


def test_the_photo_is_looked_for_where_it_may_be(tmp_path: Path) -> None:
    path = dreamt(tmp_path / "out" / "a.png")
    beside = photo(tmp_path / "photo.png")
    named = photo(tmp_path / "photos" / "photo.png")
    known = photo(tmp_path / "elsewhere" / "renamed.png")
    outcome = Outcome(path, "mine", str(known))
    assert [item.before for item in collect_items(path.parent)] == [beside]
    assert [item.before for item in collect_items(path.parent, [named.parent])] == [named]
    (item,) = collect_items(path.parent, [named.parent], [outcome])
    assert (item.before, item.preset) == (known, "mine")


def test_failures_come_last_unless_an_earlier_output_is_there(tmp_path: Path) -> None:
    path = dreamt(tmp_path / "a.png")
    gone = tmp_path / "gone.png"
    outcomes = [
        Outcome(path, "whisper", "in/a.png", failed="out of memory"),
        Outcome(gone, "whisper", "in/b.png", failed="the file is empty"),
        Outcome(tmp_path / "deleted.png", "whisper", "in/c.png"),
    ]
    made, failed = collect_items(tmp_path, outcomes=outcomes)
    assert made.path == path and not made.failed
    assert (failed.path, failed.input, failed.failed) == (gone, "b.png", "the file is empty")


@pytest.mark.slow
def test_a_picture_over_pillow_s_own_limit_is_shown(tmp_path: Path) -> None:
    path = giant(tmp_path / "giant.png", 14_000)
    (item,) = collect_items(tmp_path)
    assert (item.path, item.width, item.height) == (path, 14_000, 14_000)
    assert write_gallery([item], tmp_path / "index.html", title="t") == []
    (small,) = (tmp_path / "index_files").iterdir()
    with Image.open(small) as image:
        assert image.size == (480, 480)


@pytest.mark.slow
def test_a_gallery_never_waits_for_torch() -> None:
    code = "import sys, dreamer.gallery.collect, dreamer.gallery.page; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
