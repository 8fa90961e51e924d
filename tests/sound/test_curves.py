"""Each named curve against a computation of its own, on sounds that are made for it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from dreamer.sound.analysis import analyze
from dreamer.sound.decode import RATE
from dreamer.sound.spectra import FRAMES_PER_SECOND
from tests.sound.songs import at, click, hat, silence, tone

pytestmark = pytest.mark.librosa


@lru_cache
def curves_of(kind: str) -> dict[str, np.ndarray]:
    song = analyze(SOUNDS[kind](), kind)
    return {name: np.array(curve) for name, curve in (song.curves or {}).items()}


def parts(*sounds: np.ndarray) -> np.ndarray:
    return np.concatenate(sounds)


SOUNDS = {
    "three bands": lambda: parts(silence(1), tone(80, 2), tone(700, 2), tone(5000, 2), silence(1)),
    "swelling": lambda: tone(440, 8, 1.0) * np.linspace(0, 1, 8 * RATE).astype(np.float32),
    "hits over a tone": lambda: tone(440, 6, 0.2) + at([1, 2, 3, 4, 5], hat(0.8), 6),
    "a scale": lambda: parts(*(tone(262 * 2 ** (step / 12), 0.5) for step in range(0, 24, 2))),
    "clicks": lambda: at([1, 2.5, 3.5], click(), 5),
}


def between(curve: np.ndarray, first: float, last: float) -> np.ndarray:
    """The curve from one second to another, away from both."""
    return curve[round((first + 0.2) * FRAMES_PER_SECOND) : round((last - 0.2) * FRAMES_PER_SECOND)]


@pytest.mark.parametrize(("name", "first"), [("bass", 1), ("mid", 3), ("treble", 5)])
def test_bands_are_high_where_their_tone_is(name: str, first: int) -> None:
    curve = curves_of("three bands")[name]
    assert between(curve, first, first + 2).min() > 0.95
    for other in {1, 3, 5} - {first}:
        assert between(curve, other, other + 2).max() < 0.1


def test_loudness_is_a_power_of_the_mean_square_between_percentiles() -> None:
    samples = SOUNDS["swelling"]()
    size = 2048
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, size // 2), size)[::256]
    power = ((frames * np.hanning(size + 1)[:-1]) ** 2).sum(1) ** 0.3
    low, high = np.percentile(power, [5, 95])
    assert curves_of("swelling")["loud"][20:-20] == pytest.approx(
        np.clip((power - low) / (high - low), 0, 1)[20:-20], abs=0.02
    )


def test_hits_are_percussive_and_tones_harmonic() -> None:
    curves = curves_of("hits over a tone")
    hits = [round(time * FRAMES_PER_SECOND) for time in (1, 2, 3, 4, 5)]
    assert min(curves["percussive"][hit - 2 : hit + 4].max() for hit in hits) > 0.9
    assert np.median(curves["percussive"]) < 0.1
    assert between(curves["harmonic"], 0, 6).std() < 0.1


def test_an_onset_is_at_its_highest_at_once_and_falls() -> None:
    curve = curves_of("clicks")["onset"]
    for time in (1, 2.5, 3.5):
        frame = round(time * FRAMES_PER_SECOND)
        peak = frame - 4 + int(curve[frame - 4 : frame + 5].argmax())
        assert curve[peak] > 0.95
        assert curve[peak + round(0.1 * FRAMES_PER_SECOND)] == pytest.approx(curve[peak] / np.e, abs=0.05)
        assert curve[frame - 6] < 0.05


def test_brightness_and_pitch_follow_a_scale_in_octaves() -> None:
    curves = curves_of("a scale")
    steps = [float(np.median(between(curves["pitch"], 0.5 * n - 0.1, 0.5 * n + 0.6))) for n in range(12)]
    assert np.diff(steps) == pytest.approx(2 / 22, abs=0.02)
    bright = [float(np.median(between(curves["bright"], 0.5 * n - 0.1, 0.5 * n + 0.6))) for n in range(12)]
    assert all(np.diff(bright) > 0)


def test_silence_and_a_steady_tone_are_still() -> None:
    quiet = analyze(silence(3), "silence").curves or {}
    assert all(max(curve) == 0 for curve in quiet.values())
    hum = analyze(tone(100, 4), "hum").curves or {}
    assert np.ptp(between(np.array(hum["bass"]), 0.5, 3.5)) < 0.1
    assert np.ptp(between(np.array(hum["pitch"]), 0.5, 3.5)) < 0.1


def test_every_curve_is_in_range() -> None:
    for kind in SOUNDS:
        for curve in curves_of(kind).values():
            assert 0 <= curve.min() <= curve.max() <= 1
