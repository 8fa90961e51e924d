"""Small pictures beside a gallery's page, made once and kept while they are newer than what they show."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PIL import Image, ImageOps

from dreamer.atomic import atomic_write
from dreamer.errors import FilmError
from dreamer.film.codecs import is_film
from dreamer.pictures.color import has_profile, to_srgb
from dreamer.pictures.open import open_picture
from dreamer.pictures.reduced import load_reduced

THUMBNAIL, PREVIEW = 480, 1600


def thumbnail_name(path: Path, side: int) -> str:
    """A file name for the small version of `path`, the same every time and harmless whatever `path` is."""
    digest = hashlib.sha256(os.fsencode(os.path.abspath(path))).hexdigest()[:20]
    return f"{digest}-{side}.jpg"


def make_thumbnail(path: Path, folder: Path, side: int) -> str:
    """Write a JPEG of at most `side` px into `folder` and return its name.

    Of a film the first frame is shown. One that is newer than `path` is kept. Raises PictureError or FilmError where
    `path` cannot be shown, and OutputError.
    """
    name = thumbnail_name(path, side)
    target = folder / name
    if target.is_file() and path.is_file() and target.stat().st_mtime >= _changed(path):
        return name
    image = show_small(path, side)
    with atomic_write(target) as file:
        image.save(file, "JPEG", quality=82, optimize=True)
    return name


def _changed(path: Path) -> float:
    """When a file was changed last, also where it was given the date of another."""
    status = path.stat()
    return max(status.st_mtime, status.st_ctime)


def show_small(path: Path, side: int) -> Image.Image:
    """A picture, or a film's first frame, at most `side` px, upright and RGB. Raises PictureError and FilmError."""
    image = _first_frame(path) if is_film(path) else _upright(path, side)
    if image.mode in ("RGBA", "LA", "P", "PA"):
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    # Gray is made smaller before it takes three times the memory; other modes would be resampled as they are.
    image = image if image.mode == "L" else image.convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image.convert("RGB")


def _first_frame(path: Path) -> Image.Image:
    from dreamer.film.read import read_frames  # needs ffmpeg, which pictures do without

    for frame in read_frames(path):
        return Image.fromarray(frame)
    raise FilmError("holds no frame", where=str(path))


def _upright(path: Path, side: int) -> Image.Image:
    with open_picture(path) as (_, image):
        upright = ImageOps.exif_transpose(load_reduced(image, path, side))
        if not has_profile(upright):
            return upright
        plain = to_srgb(upright)
        if upright.has_transparency_data:
            plain.putalpha(upright.convert("RGBA").getchannel("A"))
        return plain
