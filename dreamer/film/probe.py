"""What is in a film file: size, rate, length, color tags, rotation, sound, recipe. Told by ffmpeg itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dreamer.errors import FilmError
from dreamer.film.executable import find_ffmpeg, run
from dreamer.film.write import RECIPE_KEY

_VIDEO = re.compile(r"Stream #\d+:\d+.*?: Video: (?P<codec>\w+).*?, (?P<pixels>\w+)(?:\((?P<tags>[^)]*)\))?.*?, "
                    r"(?P<width>\d+)x(?P<height>\d+)")  # fmt: skip
_RATE = re.compile(r"(?P<rate>[\d.]+k?) fps")
_LENGTH = re.compile(r"Duration: (\d+):(\d+):([\d.]+)")
_ROTATION = re.compile(r"rotation of (-?[\d.]+) degrees")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class FilmFacts:
    """Of a film's first picture stream. Sizes in px as shown, `rotation` in degrees already taken into account;
    `seconds` is None where the file does not say; `color_tags` such as "tv, bt709/bt709/iec61966-2-1"."""

    width: int
    height: int
    fps: Fraction
    seconds: float | None
    codec: str
    pixel_format: str
    color_tags: str
    rotation: float
    has_sound: bool


def probe(path: Path) -> FilmFacts:
    """The facts of a film. Raises FilmError where there is none, ToolError without ffmpeg."""
    said = _said_of(path)
    video = _VIDEO.search(said)
    if video is None:
        raise FilmError("this is not a film that can be read", where=str(path), remedy="Copy or download it again.")
    line = said[video.start() :].splitlines()[0]
    rate = _RATE.search(line)
    length = _LENGTH.search(said)
    turned = _ROTATION.search(said[video.start() :])
    rotation = float(turned[1]) if turned else 0.0
    width, height = int(video["width"]), int(video["height"])
    if round(rotation) % 180 == 90:
        width, height = height, width
    return FilmFacts(
        width=width,
        height=height,
        fps=exact_rate(rate["rate"] if rate else "25"),
        seconds=int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3]) if length else None,
        codec=video["codec"],
        pixel_format=video["pixels"],
        color_tags=video["tags"] or "",
        rotation=rotation,
        has_sound=": Audio:" in said,
    )


def film_recipe(path: Path) -> str | None:
    """The recipe inside an MP4 or MOV that dreamer wrote; None where there is none. Raises FilmError, ToolError."""
    if not path.is_file():
        raise FilmError("there is no such file", where=str(path))
    metadata = run([find_ffmpeg(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]).stdout
    for line in re.split(r"(?<!\\)\n", metadata):
        key, _, value = line.partition("=")
        if key == RECIPE_KEY:
            return _ESCAPED.sub(r"\1", value)
    return None


def exact_rate(text: str) -> Fraction:
    """ffmpeg's rounded frames per second as the exact rate: 29.97 is 30000/1001."""
    rate = Fraction(text.removesuffix("k")) * (1000 if text.endswith("k") else 1)
    broadcast = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    return broadcast if rate.denominator > 1 and abs(rate - broadcast) < Fraction(1, 100) else rate


def _said_of(path: Path) -> str:
    if not path.is_file():
        raise FilmError("there is no such file", where=str(path))
    return run([find_ffmpeg(), "-hide_banner", "-i", str(path)]).stderr
