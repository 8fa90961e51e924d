"""What is in a film file: size, rate, length, color tags, sound, recipe. By imageio, which asks ffmpeg, or Pillow."""

from __future__ import annotations

import logging
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio.v3 as iio

from dreamer.errors import FilmError
from dreamer.film.animated import animated_facts, is_animated
from dreamer.film.executable import ffmpeg_for_imageio, find_ffmpeg, run
from dreamer.film.facts import FilmFacts
from dreamer.film.recipes import RECIPE_KEY
from dreamer.presets.model.times import exact_rate
from dreamer.refusals import refusal

# imageio goes by the suffix and knows few; given this one, it leaves it to ffmpeg what a file is.
ANY_FILM = ".mp4"
_THOUSANDS = re.compile(r" (\d+)k fps")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

# It warns of every film that was filmed upright, whose frames have another size than what is stored.
logging.getLogger("imageio_ffmpeg").setLevel(logging.ERROR)


def probe(path: Path) -> FilmFacts:
    """The facts of a film or an animated picture. Raises FilmError where there is none, ToolError without ffmpeg."""
    if is_animated(path):
        return animated_facts(path)
    metadata = _metadata(path)
    width, height = metadata["size"]
    pixel_format, _, color_tags = metadata["pix_fmt"].partition("(")
    return FilmFacts(
        width=width,
        height=height,
        fps=exact_rate(Fraction(str(metadata["fps"])) or _rate_in_thousands(path)),
        seconds=metadata["duration"] or None,
        codec=metadata["codec"].rstrip(","),
        pixel_format=pixel_format,
        color_tags=color_tags.removesuffix(")"),
        has_sound="audio_codec" in metadata,
    )


def film_recipe(path: Path) -> str | None:
    """The recipe inside an MP4 or MOV that dreamer wrote; None where there is none. Raises FilmError, ToolError.

    It is a tag of the container, and imageio returns none of these.
    """
    check_file(path)
    metadata = run([find_ffmpeg(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]).stdout
    for line in re.split(r"(?<!\\)\n", metadata):
        key, _, value = line.partition("=")
        if key.lower() == RECIPE_KEY:  # Matroska and WebM write their tags in capitals
            return _ESCAPED.sub(r"\1", value)
    return None


def last_line(error: Exception) -> str:
    """The last line of an error of imageio, which is ffmpeg's own message."""
    return next((line for line in reversed(str(error).splitlines()) if line.strip()), "ffmpeg gave no reason").strip()


def _metadata(path: Path) -> dict[str, Any]:
    check_file(path)
    try:
        with ffmpeg_for_imageio():
            return iio.immeta(path, plugin="FFMPEG", extension=ANY_FILM)
    except (OSError, RuntimeError, IndexError) as error:
        remedy = "Copy or download it again."
        raise FilmError("this is not a film that can be read", where=str(path), remedy=remedy) from error


def check_file(path: Path) -> None:
    """Raise FilmError where there is no such file, or none that may be read; a pipe is none."""
    try:
        if not path.is_file():
            raise FilmError("there is no such file", where=str(path), remedy="Check its name, and that it is a film.")
        path.open("rb").close()
    except OSError as error:
        raise refusal(FilmError, "cannot be read", error, path) from error


def _rate_in_thousands(path: Path) -> Fraction:
    """The rate that ffmpeg writes as "1k fps", which imageio does not understand; 25 where the film has none."""
    thousands = _THOUSANDS.search(run([find_ffmpeg(), "-hide_banner", "-i", str(path)]).stderr)
    return Fraction(int(thousands[1]) * 1000 if thousands else 25)
