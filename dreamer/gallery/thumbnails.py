"""Small pictures beside a gallery's page, made once and kept while they are newer than what they show."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from PIL import Image, ImageOps

from dreamer.atomic import atomic_write
from dreamer.errors import FilmError

THUMBNAIL, PREVIEW = 480, 1600
# Pillow itself refuses larger ones as likely attacks; dreamer's own can be larger.
_LARGEST = 1 << 30
_OPENING = threading.Lock()


def thumbnail_name(path: Path, side: int) -> str:
    """A file name for the small version of `path`, the same every time and harmless whatever `path` is."""
    digest = hashlib.sha256(os.fsencode(os.path.abspath(path))).hexdigest()[:20]
    return f"{digest}-{side}.jpg"


def make_thumbnail(path: Path, folder: Path, side: int) -> str | None:
    """Write a JPEG of at most `side` px into `folder` and return its name; None where `path` cannot be shown.

    Of a film the first frame is shown. One that is newer than `path` is kept. Raises OutputError.
    """
    name = thumbnail_name(path, side)
    target = folder / name
    if target.is_file() and path.is_file() and target.stat().st_mtime >= path.stat().st_mtime:
        return name
    image = show_small(path, side)
    if image is None:
        return None
    with atomic_write(target) as file:
        image.save(file, "JPEG", quality=82, optimize=True)
    return name


def show_small(path: Path, side: int) -> Image.Image | None:
    """A picture, or a film's first frame, at most `side` px, upright and RGB; None where it cannot be shown."""
    try:
        return _opened(path, side)
    except (OSError, ValueError, SyntaxError, FilmError, Image.DecompressionBombError):
        return None


def _large_allowed(path: Path) -> Image.Image:
    """Open a picture of any size that dreamer could have made; Pillow's limit is one for all threads."""
    with _OPENING:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, _LARGEST
        try:
            return Image.open(path)
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _opened(path: Path, side: int) -> Image.Image:
    from dreamer.film.codecs import is_film

    if is_film(path):
        from dreamer.film.read import read_frames

        frame = next(iter(read_frames(path)), None)
        if frame is None:
            raise ValueError("no frame")
        image = Image.fromarray(frame)
    else:
        with _large_allowed(path) as opened:
            opened.draft("RGB", (side, side))
            image = ImageOps.exif_transpose(opened)
            image.load()
    if image.mode in ("RGBA", "LA", "P", "PA"):
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    image = image.convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image
