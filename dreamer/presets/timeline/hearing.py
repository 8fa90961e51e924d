"""A song in a film: what every signal of an expression is at a time. Songs are data here; nothing is analyzed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from dreamer.presets.model.animation import Animation
from dreamer.presets.model.beats import BPM, METER, Beats, mean_tempo

# Curves of a song, from 0 to 1.
CURVES = ("loud", "bass", "mid", "treble", "onset", "percussive", "harmonic", "bright", "pitch")
# What may be counted by several: beat(2) is 1 at every second beat.
REPEATED = ("beat", "bar")
COUNTED = ("since_beat", "beat_number", "bar_number", "section")
SIGNALS = (*CURVES, *REPEATED, *COUNTED)
# A frame that is to show a beat may be early by rounding.
_EARLY = 1e-6


@dataclass(frozen=True)
class Song:
    """What is known of a song. All times are in seconds from its start.

    `beats`: empty where no beat was found; bar 0 begins at beat `first_bar`; `sections`: where each begins; `curves`:
    values in [0, 1] by the names of `CURVES`, `rate` a second. A song that was only measured has `seconds` alone.
    """

    name: str
    seconds: float
    digest: str = ""
    beats: tuple[float, ...] = ()
    tempo: float = BPM
    meter: int = METER
    first_bar: int = 0
    sections: tuple[float, ...] = ()
    rate: float = 1.0
    curves: Mapping[str, tuple[float, ...]] | None = None


class Heard(Protocol):
    """What expressions ask for signals."""

    def value(self, name: str, argument: float | None, seconds: float) -> float:
        """The value of a signal at a time of the film."""


@dataclass(frozen=True)
class Constant:
    """Every signal is the same all the time: 0 is silence."""

    level: float

    def value(self, name: str, argument: float | None, seconds: float) -> float:
        """The level."""
        return self.level


SILENCE, LOUDEST = Constant(0.0), Constant(1.0)


def beats_in(animation: Animation, song: Song | None = None) -> Beats:
    """The beats of a film: those that are listed, or by the tempo that is given, or the song's, or 120 a minute."""
    start, loops = animation.start_seconds, animation.sound == "loop"
    if song is None:
        return animation.own_beats
    left = song.seconds - start
    sections = (0.0, *(time - start for time in song.sections if time > start), left)
    meter = animation.meter or song.meter
    if animation.beats:
        return Beats(mean_tempo(animation.beats), animation.beats, meter, 0, sections)
    skipped = sum(time < start - _EARLY for time in song.beats)
    if animation.bpm is not None:
        times = _even(animation.bpm, song, start, left)
        return Beats(animation.bpm, times, meter, 0, sections, left if loops else None)
    times = tuple(time - start for time in song.beats[skipped:])
    first_bar = (song.first_bar - skipped) % meter
    return Beats(song.tempo, times, meter, first_bar, sections, left if loops and times else None)


@dataclass(frozen=True)
class Hearing:
    """A song as a film hears it, from `start` seconds on; with `loops` it begins again after its end."""

    song: Song
    beats: Beats
    start: float = 0.0
    loops: bool = False

    def value(self, name: str, argument: float | None, seconds: float) -> float:
        """The value of a signal at a time of the film; before the first beat and after the last one there is none."""
        if name in CURVES:
            return self._curve(name, argument or 0.0, seconds)
        if name == "section":
            return float(self.beats.section_number(self._place(seconds)))
        number = self.beats.number(seconds + _EARLY)
        if not self.beats.times or number < 0:
            return 0.0
        over = self.beats.round is None and number >= len(self.beats.times)
        if name in REPEATED:
            bars = (number - self.beats.first_bar) / self.beats.meter
            return 0.0 if over else _falling(number if name == "beat" else bars, argument)
        beat = len(self.beats.times) - 1 if over else math.floor(number)
        match name:
            case "since_beat":
                return max(seconds - self.beats.seconds(beat), 0.0)
            case "beat_number":
                return float(beat)
        return float(max((beat - self.beats.first_bar) // self.beats.meter, 0))

    def _place(self, seconds: float) -> float:
        """Seconds since the song began, or began again, in the film."""
        left = self.song.seconds - self.start
        return seconds % left if self.loops and left > 0 else seconds

    def _curve(self, name: str, width: float, seconds: float) -> float:
        values = (self.song.curves or {}).get(name, ())
        place = (self.start + self._place(seconds)) * self.song.rate
        if not values or place > len(values) - 1 + self.song.rate / 10:
            return 0.0
        reach = width * self.song.rate
        first, last = max(math.floor(place - reach) + 1, 0), min(math.ceil(place + reach), len(values))
        if reach <= 1 or first >= last:
            before = min(int(place), len(values) - 1)
            after = min(before + 1, len(values) - 1)
            return values[before] + (place - before) * (values[after] - values[before])
        weights = [1 + math.cos(math.pi * (number - place) / reach) for number in range(first, last)]
        return sum(map(_product, weights, values[first:last])) / max(sum(weights), 1e-9)


def film_hearing(animation: Animation, song: Song | None) -> tuple[Beats, Heard]:
    """The beats of a film and what its expressions hear; silence without a song that was listened to."""
    beats = beats_in(animation, song)
    if song is None or song.curves is None:
        return beats, SILENCE
    return beats, Hearing(song, beats, animation.start_seconds, animation.sound == "loop")


def _falling(number: float, every: float | None) -> float:
    """1 at each whole number, or at each so many, falling to 0 until the next; 0 before the first."""
    return 1 - number / max(round(every or 1), 1) % 1 if number >= 0 else 0.0


def _product(one: float, other: float) -> float:
    return one * other


def _even(bpm: float, song: Song, start: float, left: float) -> tuple[float, ...]:
    """Beats at a tempo that is given, where most of the song's onsets are."""
    gap = 60 / bpm
    onsets = (song.curves or {}).get("onset", ())
    count = max(int(left / gap), 1)

    def strength(shift: float) -> float:
        places = (round((start + shift + number * gap) * song.rate) for number in range(count))
        return sum(onsets[place] for place in places if place < len(onsets))

    first = max((gap * share / 32 for share in range(32)), key=strength) if onsets else 0.0
    return tuple(first + number * gap for number in range(count) if first + number * gap < left)
