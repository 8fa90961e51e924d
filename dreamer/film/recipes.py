"""Recipes of films: the key in MP4 and MOV, the places in GIF, WebP and APNG, where ffmpeg writes no text, and the file
among the pictures of a folder."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from dreamer.atomic import discard, part_of
from dreamer.bounded import regular
from dreamer.errors import FilmError
from dreamer.pictures.exif import Exif, build_exif
from dreamer.pictures.recipes import PNG_KEY, with_recipe
from dreamer.refusals import refusal

RECIPE_KEY = "dreamer"
FOLDER_RECIPE = "recipe.json"
_PNG_HEAD = 8 + 25  # signature and IHDR
_WEBP_EXIF = 0x08


def embed_recipe(path: Path, container: str, recipe: str) -> None:
    """Put `recipe` into a finished film where its container has a place that ffmpeg does not fill; raises OSError."""
    if container in _INSERTED:
        _insert(path, *_INSERTED[container](path, recipe))
    elif container == "webp":
        _append_to_webp(path, recipe)
    elif container == "image2":
        (path / FOLDER_RECIPE).write_text(recipe, encoding="utf-8")


def folder_recipe(folder: Path) -> str | None:
    """The recipe in a folder of frames; None where there is none. Raises FilmError where it cannot be read."""
    path = folder / FOLDER_RECIPE
    try:
        return regular(path).read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refusal(FilmError, "cannot be read", error, path) from error


def _insert(path: Path, place: int, data: bytes) -> None:
    copy = part_of(path)
    try:
        with path.open("rb") as source, copy.open("wb") as target:
            target.write(source.read(place))
            target.write(data)
            shutil.copyfileobj(source, target)
        os.replace(copy, path)
    finally:
        discard(copy)


def _png_text(path: Path, recipe: str) -> tuple[int, bytes]:
    """An iTXt chunk behind the header (PNG specification, 11.3.3.4)."""
    body = b"iTXt" + PNG_KEY.encode() + b"\0\0\0\0\0" + recipe.encode()
    return _PNG_HEAD, struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _gif_comment(path: Path, recipe: str) -> tuple[int, bytes]:
    """A comment extension behind the global color table (GIF89a, section 24)."""
    with path.open("rb") as file:
        flags = file.read(11)[10]
    table = 3 << ((flags & 7) + 1) if flags & 0x80 else 0
    text = recipe.encode()
    blocks = b"".join(bytes([len(text[i : i + 255])]) + text[i : i + 255] for i in range(0, len(text), 255))
    return 13 + table, b"\x21\xfe" + blocks + b"\0"


_INSERTED: dict[str, Callable[[Path, str], tuple[int, bytes]]] = {"apng": _png_text, "gif": _gif_comment}


def _append_to_webp(path: Path, recipe: str) -> None:
    """An EXIF chunk at the end, and its flag in the header (WebP container specification)."""
    exif = build_exif(with_recipe(Exif(), recipe))
    with path.open("r+b") as file:
        if not _is_extended(file):
            return
        flags = _byte_at(file, 20)
        file.seek(20)
        file.write(bytes([flags | _WEBP_EXIF]))
        file.seek(0, os.SEEK_END)
        file.write(b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\0" * (len(exif) % 2))
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))


def _is_extended(file: BinaryIO) -> bool:
    file.seek(12)
    return file.read(4) == b"VP8X"


def _byte_at(file: BinaryIO, place: int) -> int:
    file.seek(place)
    return file.read(1)[0]
