from __future__ import annotations

import numpy as np

from dreamer.drawing.charts import MARGIN, ROW
from dreamer.presets.timeline.hearing import CURVES, Song
from dreamer.sound.plot import draw_song
from tests.sound.songs import tone


def test_a_song_is_drawn_with_every_curve_and_its_beats() -> None:
    curve = tuple(np.linspace(0, 1, 9000).tolist())
    song = Song("a.ogg", 4.0, beats=(1.0, 3.0), sections=(0.0, 2.0), curves=dict.fromkeys(CURVES, curve))
    plain = draw_song(tone(100, 4), Song("a.ogg", 4.0, curves=song.curves))
    image = draw_song(tone(100, 4), song)
    assert image.height == (1 + len(CURVES)) * ROW + MARGIN
    changed = np.abs(np.asarray(image, int) - np.asarray(plain, int)).sum((0, 2))
    columns = np.flatnonzero(changed[: image.width] > 3000)
    assert len(columns) >= 3


def test_a_song_that_was_only_measured_is_its_waveform() -> None:
    assert draw_song(tone(100, 1), Song("a.ogg", 1.0)).height == ROW + MARGIN
