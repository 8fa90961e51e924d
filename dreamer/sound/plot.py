"""A song as a picture: its waveform, every curve under it, and its beats, bars and sections."""

from __future__ import annotations

import itertools

import numpy as np
from PIL import Image

from dreamer.drawing.charts import draw_curves
from dreamer.presets.timeline.hearing import CURVES, Song

_BEAT, _BAR, _SECTION = "#cfe0ea", "#6f9fc0", "#1d5a86"
_POINTS = 1600
# Lines that are closer than so many px are a gray mass.
_CLOSEST = 3.0
_WIDTH = 850


def draw_song(samples: np.ndarray, song: Song) -> Image.Image:
    """The picture. `samples`: (N,) of the song, which has something in it."""
    edges = np.linspace(0, len(samples), _POINTS // 2 + 1).astype(int)
    pieces = [samples[first : max(last, first + 1)] for first, last in itertools.pairwise(edges)]
    wave = [float(value) for piece in pieces for value in (piece.min(initial=0), piece.max(initial=0))]
    known = song.curves or {}
    rows = {name: _thinned(np.array(known[name])) for name in CURVES if name in known}
    bars = song.beats[song.first_bar :: song.meter]
    marks = {_BEAT: song.beats, _BAR: bars, _SECTION: song.sections[1:]}
    shown = {color: times for color, times in marks.items() if len(times) * _CLOSEST < _WIDTH}
    return draw_curves({_title(song): wave, **rows}, seconds=song.seconds, marks=shown)


def _title(song: Song) -> str:
    if not song.beats:
        return f"{song.name}: no beat found"
    return f"{song.name}: {song.tempo:.1f} beats a minute, {song.meter} in a bar"


def _thinned(values: np.ndarray) -> list[float]:
    """No more than `_POINTS` values, each the highest of those that it stands for."""
    size = max(1, -(-len(values) // _POINTS))
    padded = np.pad(values, (0, -len(values) % size), "edge")
    thinned: list[float] = padded.reshape(-1, size).max(1).tolist()
    return thinned
