"""Where beats, bars and sections lie in a film: evenly by a tempo, or as they were found in a song or listed."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

BPM, METER = 120.0, 4
# Bars in a section where no song has sections.
SECTION = 8


@dataclass(frozen=True)
class Beats:
    """Beats by their numbers; all times are in seconds from the film's start.

    `times`: of the beats from number 0 on, ascending; where there are none, and beyond them, beats follow evenly at
    `bpm`. `meter`: beats in a bar; bar 0 begins at beat `first_bar`. `sections`: where each begins, and last where the
    song ends. `round`: after so many seconds all of it begins again.
    """

    bpm: float = BPM
    times: tuple[float, ...] = ()
    meter: int = METER
    first_bar: int = 0
    sections: tuple[float, ...] = ()
    round: float | None = None

    def seconds(self, number: float) -> float:
        """When beat `number` is; between two beats evenly."""
        count, gap = len(self.times), 60 / self.bpm
        if not count:
            return number * gap
        if self.round is not None and not 0 <= number < count:
            rounds, number = divmod(number, count)
            return rounds * self.round + self.seconds(min(number, count - 1e-9))
        if number < 0 or number >= count - 1:
            anchor = 0 if number < 0 else count - 1
            end = self.times[0] + self.round if self.round is not None and number > 0 else None
            gap = gap if end is None else end - self.times[-1]
            return self.times[anchor] + (number - anchor) * gap
        whole = int(number)
        return self.times[whole] + (number - whole) * (self.times[whole + 1] - self.times[whole])

    def number(self, seconds: float) -> float:
        """Which beat it is at a time; the inverse of `seconds`."""
        count, gap = len(self.times), 60 / self.bpm
        if not count:
            return seconds / gap
        if self.round is not None and not self.times[0] <= seconds < self.times[0] + self.round:
            rounds = (seconds - self.times[0]) // self.round
            return rounds * count + self.number(seconds - rounds * self.round)
        if seconds < self.times[0]:
            return (seconds - self.times[0]) / gap
        before = bisect.bisect_right(self.times, seconds) - 1
        if before == count - 1:
            gap = gap if self.round is None else self.times[0] + self.round - self.times[-1]
            return before + (seconds - self.times[-1]) / gap
        return before + (seconds - self.times[before]) / (self.times[before + 1] - self.times[before])

    def bar_seconds(self, number: float) -> float:
        """When bar `number` begins."""
        return self.seconds(self.first_bar + number * self.meter)

    def bar_number(self, seconds: float) -> float:
        """Which bar it is at a time, with the share of it that has passed."""
        return (self.number(seconds) - self.first_bar) / self.meter

    def section_seconds(self, number: float) -> float:
        """When section `number` begins; the end where there are fewer. Without a song, sections have 8 bars each."""
        if not self.sections:
            return self.bar_seconds(SECTION * number)
        return self.sections[min(round(number), len(self.sections) - 1)]

    def section_number(self, seconds: float) -> int:
        """Which section it is at a time, from 0."""
        if not self.sections:
            return max(math.floor(self.bar_number(seconds) / SECTION + 1e-6), 0)
        last = max(len(self.sections) - 2, 0)
        return min(max(bisect.bisect_right(self.sections, seconds + 1e-6) - 1, 0), last)


def own_beats(bpm: float | None, times: tuple[float, ...], meter: int | None) -> Beats:
    """The beats that a preset says, without a song: those listed, or by its tempo, or 120 a minute."""
    return Beats(mean_tempo(times) if times else bpm or BPM, times, meter or METER)


def mean_tempo(times: tuple[float, ...]) -> float:
    """Beats per minute of two beats or more."""
    return 60 * (len(times) - 1) / (times[-1] - times[0])
