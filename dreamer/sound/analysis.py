"""Samples to a `Song`: beats, bars, sections and curves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dreamer.presets.timeline.hearing import Song
from dreamer.sound.beats import find_beats
from dreamer.sound.curves import curves
from dreamer.sound.decode import RATE
from dreamer.sound.form import beat_accents, find_bars, find_sections
from dreamer.sound.spectra import FRAMES_PER_SECOND, onset_strengths, spectra, timbre


def analyze(samples: np.ndarray, name: str, progress: Callable[[float], None] = lambda share: None) -> Song:
    """Everything that films follow in a song. `samples`: (N,) float32 in [-1, 1].

    `progress` is called with the share of the spectra that is done, the longest part. Numbers are rounded, so that they
    are the same wherever sums are taken in another order.
    """
    rate = FRAMES_PER_SECOND
    heard = spectra(samples, progress)
    onsets, accents, bass = onset_strengths(heard.mel)
    pulse = find_beats(onsets, accents, rate)
    meter, first_bar = find_bars(beat_accents(pulse.beats, bass, heard.chroma, rate))
    bars = pulse.beats[first_bar::meter]
    features = np.concatenate([timbre(heard.mel)[1:], heard.chroma])
    return Song(
        name=name,
        seconds=round(len(samples) / RATE, 4),
        beats=tuple(np.round(pulse.beats, 4).tolist()),
        tempo=round(pulse.tempo, 2) if len(pulse.beats) else Song.tempo,
        meter=meter,
        first_bar=first_bar,
        sections=tuple(round(time, 4) for time in find_sections(features, rate, bars)),
        rate=round(rate, 6),
        curves={key: tuple(np.round(curve, 4).tolist()) for key, curve in curves(heard, onsets, rate).items()},
    )
