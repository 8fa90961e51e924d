from __future__ import annotations

import numpy as np
import pytest

from dreamer.presets.timeline.hearing import CURVES
from dreamer.sound.analysis import analyze
from tests.sound.songs import band, f_measure, silence, steady, wandering

pytestmark = pytest.mark.librosa


@pytest.mark.parametrize("meter", [3, 4])
def test_a_song_in_whole(meter: int) -> None:
    truth = steady(120, 24)
    song = analyze(band(truth, 24, meter=meter), "band")
    assert song.seconds == pytest.approx(24, abs=1e-3)
    assert f_measure(song.beats, truth) >= 0.95
    assert song.tempo == pytest.approx(120, rel=0.01)
    assert song.meter == meter
    bars = song.beats[song.first_bar :: song.meter]
    assert f_measure(bars, truth[::meter]) >= 0.95
    assert song.sections[0] == 0
    assert tuple(sorted(song.curves or {})) == tuple(sorted(CURVES))


def test_bars_are_found_where_the_tempo_wanders() -> None:
    truth = wandering(90, 120, 24)
    song = analyze(band(truth, 24), "band")
    assert f_measure(song.beats[song.first_bar :: song.meter], truth[::4]) >= 0.95


def test_the_same_samples_are_the_same_song() -> None:
    samples = band(steady(100, 5), 5)
    assert analyze(samples, "a") == analyze(samples.copy(), "a")


def test_what_has_no_beat_is_a_song_without_beats() -> None:
    song = analyze(silence(0.02), "nothing")
    assert (song.beats, song.tempo, song.sections) == ((), 120.0, (0.0,))
    noise = 0.1 * np.random.default_rng(0).standard_normal(22050 * 6).astype(np.float32)
    assert analyze(noise, "noise").beats == ()
