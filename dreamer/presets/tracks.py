"""A value over time: keys at times, with an easing that leads into each."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dreamer.errors import nearest
from dreamer.presets.times import is_time, seconds_at

EASE = "ease"
EASINGS: dict[str, Callable[[float], float]] = {
    "hold": lambda x: 0.0,
    "linear": lambda x: x,
    "smooth": lambda x: x * x * (3 - 2 * x),
    "in": lambda x: x * x,
    "out": lambda x: x * (2 - x),
}


@dataclass(frozen=True)
class Clock:
    """What times in a film refer to. `length` in seconds."""

    rate: Fraction
    bpm: float
    frames: int

    @property
    def length(self) -> float:
        """Seconds from the first frame to one frame after the last."""
        return float(self.frames / self.rate)

    def seconds(self, frame: int) -> float:
        """When a frame is shown."""
        return float(frame / self.rate)


@dataclass(frozen=True)
class Track:
    """Values at `times` (seconds, ascending); before the first its value holds, and after the last one."""

    times: tuple[float, ...]
    values: tuple[Any, ...]
    easings: tuple[str, ...]

    def value_at(self, seconds: float) -> Any:
        """The value at a time. Only numbers glide; anything else, and what has the easing hold, switches at its key."""
        last = bisect.bisect_right(self.times, seconds + 1e-9) - 1
        if last < 0:
            return self.values[0]
        if last + 1 == len(self.times):
            return self.values[last]
        old, new = self.values[last], self.values[last + 1]
        if not (is_number(old) and is_number(new)):
            return old
        share = (seconds - self.times[last]) / (self.times[last + 1] - self.times[last])
        return old + (new - old) * EASINGS[self.easings[last + 1]](share)


def is_number(value: Any) -> bool:
    """Whether a value of a preset is a number (true and false are not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_track(value: Any) -> bool:
    """Whether a table of a preset holds keyframes: its keys are times, and perhaps `ease`."""
    return (
        isinstance(value, Mapping)
        and any(is_time(key) for key in value)
        and all(is_time(key) or key == EASE for key in value)
    )


def make_track(table: Mapping[str, Any], clock: Clock) -> Track:
    """The track of a table such as { "0s" = 1.0, "2s" = [1.6, "out"], ease = "smooth" }. Raises ValueError."""
    general = _easing(table.get(EASE, "linear"))
    keys = sorted((seconds_at(key, clock.rate, clock.bpm, clock.length), key) for key in table if key != EASE)
    for (one, first), (other, second) in itertools.pairwise(keys):
        if other - one < 1e-6:
            raise ValueError(f"{first!r} and {second!r} are the same time")
    values, easings = [], []
    for _, key in keys:
        value = table[key]
        own = isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) and is_number(value[0])
        values.append(value[0] if own else value)
        easings.append(_easing(value[1]) if own else general)
    return Track(tuple(seconds for seconds, _ in keys), tuple(values), tuple(easings))


def _easing(name: Any) -> str:
    if name not in EASINGS:
        near = nearest(str(name), EASINGS, 1)
        advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(EASINGS)}"
        raise ValueError(f"unknown easing {name!r}; {advice}")
    return str(name)
