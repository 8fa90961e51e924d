"""A value over time: keys at times, with an easing that leads into each."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dreamer.errors import nearest
from dreamer.presets.model.animation import Animation
from dreamer.presets.model.beats import Beats
from dreamer.presets.model.times import is_time, seconds_at
from dreamer.presets.timeline.easings import EASINGS, HOLD
from dreamer.presets.timeline.expressions import Moment
from dreamer.presets.timeline.hearing import SILENCE, Heard, Song, film_hearing

EASE = "ease"


@dataclass(frozen=True)
class Clock:
    """What times in a film refer to. `rate` in frames per second."""

    rate: Fraction
    beats: Beats
    frames: int
    heard: Heard = SILENCE

    @property
    def length(self) -> float:
        """Seconds from the first frame to one frame after the last."""
        return float(self.frames / self.rate)

    def seconds(self, frame: int) -> float:
        """When a frame is shown."""
        return float(frame / self.rate)

    def moment(self, frame: int) -> Moment:
        """What an expression knows of a frame."""
        seconds = self.seconds(frame)
        return Moment(seconds, frame, frame / max(self.frames - 1, 1), self.beats.number(seconds), self.heard)


def film_clock(animation: Animation, song: Song | None = None) -> Clock:
    """The clock of a film, with what it hears."""
    beats, heard = film_hearing(animation, song)
    return Clock(animation.rate, beats, animation.frame_count, heard)


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
        share = EASINGS[self.easings[last + 1]](
            (seconds - self.times[last]) / (self.times[last + 1] - self.times[last])
        )
        # A value that only switches stays what it is: the number of a class is not a fraction.
        return old + (new - old) * share if share else old


def is_number(value: Any) -> bool:
    """Whether a value of a preset is a number (true and false are not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_track(value: Any) -> bool:
    """Whether a table of a preset is meant to hold keyframes: a key of it is a time."""
    return isinstance(value, Mapping) and any(is_time(key) for key in value)


def track_keys(table: Mapping[str, Any], *, switching: bool = False) -> Iterator[tuple[str, Any, str | None]]:
    """Each time of a table as it is written, with its value, and with the easing that is written beside the value."""
    for key, value in table.items():
        if is_time(key):
            paired = isinstance(value, list) and len(value) == 2 and is_number(value[0]) and isinstance(value[1], str)
            # Where nothing glides there are no easings: [12, "64-79"] is a list of kernels.
            yield (key, value[0], value[1]) if paired and not switching else (key, value, None)


def track_mistakes(
    table: Mapping[str, Any], clock: Clock, *, switching: bool = False
) -> Iterator[tuple[str | None, str]]:
    """What is wrong with a table of keyframes, each with its key. `switching`: its values never glide."""
    keys = list(track_keys(table, switching=switching))
    glides = not switching and all(is_number(value) for _, value, _ in keys)
    for key in table:
        if key != EASE and not is_time(key):
            yield key, 'is neither a time such as "2s", "75f", "8b", "4 bars" or "50%" nor ease'
    for at, ease in [(None, table.get(EASE)), *((key, ease) for key, _, ease in keys)]:
        if ease is not None and ease not in EASINGS:
            near = nearest(str(ease), EASINGS, 1)
            advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(EASINGS)}"
            yield at, f"unknown easing {ease!r}; {advice}"
        elif ease is not None and ease != HOLD and not glides:
            yield at, f'ease = "{ease}" is for numbers; these values switch at their times, which is ease = "{HOLD}"'
    for (one, first), (other, second) in itertools.pairwise(_in_order(table, clock)):
        if other - one < 1e-6:
            yield second, f'is the same time as "{first}"'


def make_track(table: Mapping[str, Any], clock: Clock, *, switching: bool = False) -> Track:
    """The track of a table such as { "0s" = 1.0, "2s" = [1.6, "out"], ease = "smooth" }.

    `switching`: its values never glide. Raises ValueError for the first mistake.
    """
    for key, mistake in track_mistakes(table, clock, switching=switching):
        raise ValueError(mistake if key is None else f'"{key}": {mistake}')
    values = {key: (value, ease) for key, value, ease in track_keys(table, switching=switching)}
    general = HOLD if switching else table.get(EASE, "linear")
    order = _in_order(table, clock)
    return Track(
        tuple(seconds for seconds, _ in order),
        tuple(values[key][0] for _, key in order),
        tuple(values[key][1] or general for _, key in order),
    )


def _in_order(table: Mapping[str, Any], clock: Clock) -> list[tuple[float, str]]:
    return sorted((seconds_at(key, clock.rate, clock.beats, clock.length), key) for key in table if is_time(key))
