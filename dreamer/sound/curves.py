"""What is loud, low, bright or new in a song, as curves from 0 to 1 by the song's own range."""

from __future__ import annotations

import numpy as np

from dreamer.sound.spectra import Spectra

# Loudness grows as this power of the sound's power: Stevens 1957, "On the psychophysical law".
_LOUDNESS = 0.3
# These percentiles of a curve become 0 and 1.
LOWEST, HIGHEST = 5.0, 95.0
# A curve that moves by less than this share of its highest value is not blown up to the whole range.
_LEAST_RANGE = 0.2
# An onset is at its highest for a moment that falls between two frames of a film; it dies away over this many seconds.
FALL = 0.1
# The same for what is counted in octaves.
_LEAST_OCTAVES = 1.0
# What is softer than this share of the loudest has neither brightness nor pitch of its own: the last one holds.
_SILENT = 1e-5
_MEDIAN = 9


def curves(heard: Spectra, onsets: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """Every curve, (N,) in [0, 1] each. `onsets`: strengths, (N,), with `rate` a second."""
    sounding = heard.powers["loud"] > _SILENT * max(float(heard.powers["loud"].max()), 1e-12)
    return {
        **{name: _loudness(power) for name, power in heard.powers.items()},
        "onset": _falling(_ranged(onsets, 0.0, LOWEST, 99.0), rate),
        "bright": _ranged(_held(heard.centroid, sounding), _LEAST_OCTAVES),
        "pitch": _ranged(_held(_median(heard.pitch), sounding), _LEAST_OCTAVES),
    }


def _loudness(power: np.ndarray) -> np.ndarray:
    loudness = power**_LOUDNESS
    return _ranged(loudness, _LEAST_RANGE * float(np.percentile(loudness, HIGHEST)))


def _ranged(values: np.ndarray, least: float, low: float = LOWEST, high: float = HIGHEST) -> np.ndarray:
    """The values with their percentiles at 0 and 1; a range that is smaller than `least` does not reach 1."""
    bottom, top = np.percentile(values, [low, high])
    ranged: np.ndarray = np.clip((values - bottom) / max(float(top - bottom), least, 1e-9), 0, 1)
    return ranged


def _falling(values: np.ndarray, rate: float) -> np.ndarray:
    """Each peak with a tail that falls to 1/e in `FALL` seconds."""
    share = float(np.exp(-1 / (FALL * rate)))
    result, last = np.empty_like(values), 0.0
    for number, value in enumerate(values):
        last = max(float(value), last * share)
        result[number] = last
    return result


def _held(values: np.ndarray, sounding: np.ndarray) -> np.ndarray:
    """The values, and in silence the last one."""
    if not sounding.any():
        return np.zeros_like(values)
    places = np.maximum.accumulate(np.where(sounding, np.arange(len(values)), int(sounding.argmax())))
    held: np.ndarray = values[places]
    return held


def _median(values: np.ndarray) -> np.ndarray:
    """Each value's median among its neighbors: one frame does not make a melody."""
    padded = np.pad(values, _MEDIAN // 2, "edge")
    middle: np.ndarray = np.median(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN), axis=1)
    return middle
