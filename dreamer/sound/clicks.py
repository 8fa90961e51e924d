"""Clicks on a song's beats, so that ears can check them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from dreamer.atomic import atomic_write
from dreamer.presets.timeline.hearing import Song
from dreamer.sound.decode import RATE

_LENGTH, _FALL = 0.06, 0.012
# Of the first beat of a bar, and of the others.
_HIGH, _LOW = 1760.0, 880.0
_SONG_VOLUME, _CLICK_VOLUME = 0.6, 0.5


def with_clicks(samples: np.ndarray, song: Song) -> np.ndarray:
    """The song, (N,) in [-1, 1], softer, with a click on each beat, higher where a bar begins."""
    mixed = samples / max(float(np.abs(samples).max(initial=0)), 1e-9) * _SONG_VOLUME
    for number, beat in enumerate(song.beats):
        click = _click(_HIGH if (number - song.first_bar) % song.meter == 0 else _LOW)
        first = round(beat * RATE)
        place = mixed[first : first + len(click)]
        place += click[: len(place)]
    return np.clip(mixed, -1, 1)


def write_wave(path: Path, samples: np.ndarray) -> None:
    """Write (N,) samples in [-1, 1], `RATE` a second, as 16-bit WAV. Raises OutputError."""
    with atomic_write(path) as file, wave.open(file, "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())


def _click(frequency: float) -> np.ndarray:
    time = np.arange(round(_LENGTH * RATE)) / RATE
    click: np.ndarray = _CLICK_VOLUME * np.sin(2 * np.pi * frequency * time) * np.exp(-time / _FALL)
    return click.astype(np.float32)
