"""Animated pictures (GIF, WebP, APNG) as films: each picture once, at the mean of their rates."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from dreamer.errors import PictureError
from dreamer.film.facts import FilmFacts
from dreamer.pictures.open import open_picture

_SUFFIXES = (".gif", ".webp", ".apng", ".png")
_MAX_DENOMINATOR = 1001
# Browsers show a picture that says 0 or 10 ms for 100 ms.
_SHORTEST, _INSTEAD = 20, 100


def is_animated(path: Path) -> bool:
    """Whether a file is a GIF, WebP or PNG of several pictures; False also where it cannot be read."""
    if path.suffix.lower() not in _SUFFIXES:
        return False
    try:
        with open_picture(path) as (_, image):
            return bool(getattr(image, "is_animated", False))
    except PictureError:
        return False


def animated_facts(path: Path) -> FilmFacts:
    """The facts of an animated picture. Its rate is the mean one, because its pictures may stay for different times.

    Raises PictureError.
    """
    with open_picture(path) as (_, image):
        times = [_milliseconds(frame) for frame in ImageSequence.Iterator(image)]
        codec = (image.format or "").lower()
        width, height = image.size
    rate = Fraction(1000 * len(times), sum(times)).limit_denominator(_MAX_DENOMINATOR)
    rate = max(rate, Fraction(1, _MAX_DENOMINATOR))
    return FilmFacts(width, height, rate, sum(times) / 1000, codec, "rgba", "", has_sound=False)


def animated_frames(path: Path, *, first: int = 0) -> Iterator[np.ndarray]:
    """Frames from number `first` on as (H, W, 3) uint8, sRGB, on white where they are transparent.

    Raises PictureError.
    """
    import imageio.v3 as iio

    with open_picture(path):  # lifts Pillow's limits, and names what goes wrong
        for frame in islice(iio.imiter(path, plugin="pillow", mode="RGBA"), first, None):
            picture = Image.fromarray(frame)
            shown = Image.new("RGBA", picture.size, "white")
            shown.alpha_composite(picture)
            yield np.asarray(shown.convert("RGB"))


def _milliseconds(frame: Image.Image) -> int:
    frame.load()  # only then WebP says how long it stays
    time = round(frame.info.get("duration", 0))
    return time if time >= _SHORTEST else _INSTEAD
