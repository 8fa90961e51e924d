from __future__ import annotations

from pathlib import Path

import numpy as np

from dreamer.presets.timeline.hearing import Song
from dreamer.sound.clicks import with_clicks, write_wave
from dreamer.sound.decode import RATE, decode
from tests.sound.songs import silence


def test_each_beat_has_a_click_and_bars_a_higher_one(tmp_path: Path) -> None:
    song = Song("a", 3.0, beats=(0.5, 1.0, 1.5, 2.98), meter=2, first_bar=1)
    path = tmp_path / "clicks.wav"
    write_wave(path, with_clicks(silence(3), song))
    samples = decode(path)
    assert len(samples) == 3 * RATE

    def pitch(time: float) -> float:
        piece = samples[round(time * RATE) : round((time + 0.05) * RATE)]
        return float(np.abs(np.fft.rfft(piece)).argmax() * RATE / len(piece))

    assert [round(pitch(time) / 880) for time in (0.5, 1.0, 1.5)] == [1, 2, 1]
    assert np.abs(samples[: round(0.49 * RATE)]).max() < 1e-3
