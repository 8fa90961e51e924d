"""What is known of a film before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class FilmFacts:
    """Of a film's picture stream. Sizes in px as shown, rotation taken into account; `seconds` is None where the file
    does not say; `color_tags` such as "tv, bt709/bt709/iec61966-2-1"."""

    width: int
    height: int
    fps: Fraction
    seconds: float | None
    codec: str
    pixel_format: str
    color_tags: str
    has_sound: bool
