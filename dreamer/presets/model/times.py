"""Times as people write them in presets: "2.5s", "75f" (frames), "8b" (beats), "50%" (of the film)."""

from __future__ import annotations

import re
from fractions import Fraction

_TIME = re.compile(r"^\s*(\d+(?:\.\d*)?|\.\d+)\s*(s|f|b|%)\s*$")


def is_time(text: str) -> bool:
    """Whether `text` is spelled as a time."""
    return _TIME.match(text) is not None


def seconds_at(text: str, rate: Fraction, bpm: float, length: float | None = None) -> float:
    """Seconds from the film's start. `length` in seconds is what percents are of. Raises ValueError."""
    match = _TIME.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time; write '2.5s', '75f' (frames), '8b' (beats) or '50%'")
    number = float(match[1])
    if match[2] == "%":
        if length is None:
            raise ValueError(f"{text!r}: a length cannot be in percent; write '10s', '300f' or '16b'")
        return number / 100 * length
    return {"s": number, "f": number / float(rate), "b": number * 60 / bpm}[match[2]]


def exact_rate(rate: Fraction) -> Fraction:
    """Frames per second that are rounded to two decimals or more as the exact broadcast rate: 29.97 is 30000/1001."""
    broadcast = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    return broadcast if rate.denominator > 1 and abs(rate - broadcast) < Fraction(1, 200) else rate


def frames_in(text: str, rate: Fraction, bpm: float) -> int:
    """The whole number of frames in a length of time, one at least. Raises ValueError."""
    return max(1, round(seconds_at(text, rate, bpm) * rate))
