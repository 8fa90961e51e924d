"""Beats that are found, against those that were written."""

from __future__ import annotations

import numpy as np
import pytest

from dreamer.sound.beats import Pulse, find_beats
from dreamer.sound.spectra import FRAMES_PER_SECOND, mel_power, onset_strengths
from tests.sound.songs import at, band, click, f_measure, silence, steady, wandering

SECONDS = 20.0
pytestmark = pytest.mark.librosa


def pulse_of(samples: np.ndarray) -> Pulse:
    onsets, accents, _ = onset_strengths(mel_power(samples))
    return find_beats(onsets, accents, FRAMES_PER_SECOND)


@pytest.mark.parametrize("bpm", [60, 75, 90, 105, 120, 135, 150, 165, 180])
def test_clicks_are_found(bpm: float) -> None:
    truth = steady(bpm, SECONDS)
    found = pulse_of(at(truth, click(), SECONDS))
    assert f_measure(found.beats, truth) >= 0.95
    assert found.tempo == pytest.approx(bpm, rel=0.02)


@pytest.mark.parametrize(("low", "high"), [(60, 75), (90, 120), (150, 180)])
def test_a_tempo_that_wanders_is_followed(low: float, high: float) -> None:
    truth = wandering(low, high, SECONDS)
    assert f_measure(pulse_of(at(truth, click(), SECONDS)).beats, truth) >= 0.95
    assert f_measure(pulse_of(band(truth, SECONDS)).beats, truth) >= 0.95


@pytest.mark.parametrize("bpm", [60, 90, 120, 150, 180])
def test_what_lies_between_beats_is_no_beat(bpm: float) -> None:
    truth = steady(bpm, SECONDS)
    between = at((truth[1:] + truth[:-1]) / 2, click(1500, 0.35), SECONDS)
    assert f_measure(pulse_of(at(truth, click(), SECONDS) + between).beats, truth) >= 0.95


@pytest.mark.parametrize("meter", [3, 4])
@pytest.mark.parametrize("bpm", [60, 90, 120, 180])
def test_bands_are_followed_in_three_and_in_four(bpm: float, meter: int) -> None:
    truth = steady(bpm, SECONDS)
    assert f_measure(pulse_of(band(truth, SECONDS, meter=meter)).beats, truth) >= 0.95


def test_found_beats_are_not_early_or_late_as_a_whole() -> None:
    truth = steady(120, SECONDS)
    found = pulse_of(at(truth, click(), SECONDS)).beats
    assert np.median(found - truth) == pytest.approx(0, abs=0.02)


def test_where_there_is_no_pulse_there_are_no_beats() -> None:
    random = np.random.default_rng(0)
    noise = 0.1 * random.standard_normal(len(silence(SECONDS))).astype(np.float32)
    assert len(pulse_of(noise).beats) == 0
    assert len(pulse_of(silence(SECONDS)).beats) == 0
    assert len(pulse_of(silence(0.1)).beats) == 0
    scattered = np.sort(random.uniform(0, SECONDS, 25))
    assert len(pulse_of(at(scattered, click(), SECONDS)).beats) == 0
