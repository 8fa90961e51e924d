"""Times as people write them in presets: "2.5s", "75f" (frames), "8b" (beats), "4 bars", "2 sections", "50%" (of the
film)."""

from __future__ import annotations

import re
from fractions import Fraction

from dreamer.presets.model.beats import Beats

_TIME = re.compile(r"^\s*(\d+(?:\.\d*)?|\.\d+)\s*(s|f|b|bars?|sections?|%)\s*$")
_UNITS = {"bar": "bars", "section": "sections"}
SPELLINGS = "'2.5s', '75f' (frames), '8b' (beats), '4 bars', '2 sections' (of a song)"
# Times that a song decides.
MUSICAL = ("b", "bars", "sections")


def is_time(text: str) -> bool:
    """Whether `text` is spelled as a time."""
    return _TIME.match(text) is not None


def unit_of(text: str) -> str | None:
    """The unit of a time: "s", "f", "b", "bars", "sections" or "%"; None where it is not spelled as one."""
    match = _TIME.match(text)
    return _UNITS.get(match[2], match[2]) if match else None


def seconds_at(text: str, rate: Fraction, beats: Beats, length: float | None = None) -> float:
    """Seconds from the film's start. `length` in seconds is what percents are of. Raises ValueError."""
    number, unit = _parsed(text)
    match unit:
        case "%" if length is not None:
            return number / 100 * length
        case "b":
            return beats.seconds(number)
        case "bars":
            return beats.bar_seconds(number)
        case "sections":
            return beats.section_seconds(number)
        case "s" | "f":
            return number if unit == "s" else number / float(rate)
    raise ValueError(f"{text!r}: a length cannot be in percent; write '10s', '300f' or '16b'")


def seconds_after(start: float, text: str, rate: Fraction, beats: Beats) -> float:
    """When it is over what begins `start` seconds after the film does and lasts for `text`. Raises ValueError.

    By a song, what lasts for beats, bars or sections ends where one of them begins.
    """
    number, unit = _parsed(text)
    by_song = bool(beats.times)
    match unit:
        case "b":
            return beats.seconds(_begun(beats.number(start), by_song) + number)
        case "bars":
            return beats.bar_seconds(_begun(beats.bar_number(start), by_song) + number)
        case "sections":
            return beats.section_seconds(beats.section_number(start) + number)
    return start + seconds_at(text, rate, beats)


def exact_rate(rate: Fraction) -> Fraction:
    """Frames per second that are rounded to two decimals or more as the exact broadcast rate: 29.97 is 30000/1001."""
    broadcast = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    return broadcast if rate.denominator > 1 and abs(rate - broadcast) < Fraction(1, 200) else rate


def frames_in(text: str, rate: Fraction, beats: Beats) -> int:
    """The whole number of frames in a length of time, one at least. Raises ValueError."""
    return max(1, round(seconds_after(0.0, text, rate, beats) * rate))


def _parsed(text: str) -> tuple[float, str]:
    match = _TIME.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time; write {SPELLINGS} or '50%'")
    return float(match[1]), _UNITS.get(match[2], match[2])


def _begun(position: float, by_song: bool) -> float:
    return float(round(position)) if by_song else position
