from __future__ import annotations

import numpy as np
import pytest

from dreamer.sound.form import beat_accents, find_bars, find_sections


@pytest.mark.parametrize(("meter", "first"), [(4, 0), (4, 3), (3, 0), (3, 2)])
def test_bars_begin_at_accents(meter: int, first: int) -> None:
    random = np.random.default_rng(1)
    accents = random.normal(0, 0.3, 60)
    accents[first::meter] += 1
    assert find_bars(accents) == (meter, first)


def test_without_accents_bars_have_four_beats() -> None:
    assert find_bars(np.ones(60)) == (4, 0)
    assert find_bars(np.zeros(0)) == (4, 0)
    assert find_bars(np.arange(3.0)) == (4, 0)


def test_a_bass_note_and_a_new_chord_accent_a_beat() -> None:
    rate, beats = 10.0, np.arange(16) / 2
    bass, chroma = np.zeros(80), np.zeros((12, 80))
    bass[[10, 30, 50, 70]] = 1.0
    for first, note in ((0, 1), (10, 0), (30, 5), (50, 0), (70, 5)):
        chroma[:, first:] = np.eye(12)[note][:, None]
    accents = beat_accents(beats, bass, chroma, rate)
    assert set(np.argsort(accents)[-4:]) == {2, 6, 10, 14}
    assert find_bars(accents) == (4, 2)
    assert len(beat_accents(np.zeros(0), bass, chroma, rate)) == 0


def test_sections_begin_where_the_sound_changes_and_at_a_bar() -> None:
    rate = 10.0
    kinds = np.random.default_rng(2).normal(size=(20, 3))
    features = np.concatenate([np.repeat(kinds[:, [kind]], 300, axis=1) for kind in (0, 1, 2)], axis=1)
    features += np.random.default_rng(3).normal(0, 0.3, features.shape)
    bars = np.arange(0.3, 90, 2.0)
    assert find_sections(features, rate, np.zeros(0)) == pytest.approx([0, 30, 60], abs=0.6)
    assert find_sections(features, rate, bars)[1:] == pytest.approx([30.3, 60.3])
    assert find_sections(features[:, :50], rate, bars) == [0.0]
