from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from dreamer.presets.model.animation import Animation
from dreamer.presets.timeline.hearing import CURVES, SIGNALS, SILENCE, Hearing, Song, beats_in, film_hearing

RAMP = tuple(number / 100 for number in range(101))
SONG = Song(
    "song.ogg",
    seconds=10.0,
    beats=(0.5, 1.0, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5),
    tempo=60.0,
    meter=3,
    first_bar=1,
    sections=(0.0, 4.0, 8.0),
    rate=10.0,
    curves=dict.fromkeys(CURVES, RAMP),
)


def hearing(song: Song = SONG, **animation: Any) -> Hearing:
    _, heard = film_hearing(Animation(**animation), song)
    assert isinstance(heard, Hearing)
    return heard


def test_curves_are_read_between_their_values_and_end_in_silence() -> None:
    heard = hearing()
    assert [heard.value("bass", None, time) for time in (0, 5, 5.05, 10)] == pytest.approx([0, 0.5, 0.505, 1])
    assert heard.value("bass", None, 10.5) == 0
    assert hearing(sound_start="2s").value("bass", None, 3) == pytest.approx(0.5)
    assert hearing(sound="loop").value("bass", None, 13) == pytest.approx(0.3)
    assert hearing(sound="loop", sound_start="5s").value("bass", None, 7) == pytest.approx(0.7)


def test_smoothing_is_a_mean_around_the_moment() -> None:
    spike = replace(SONG, curves={"bass": tuple(float(number == 50) for number in range(101))})
    weights = [1 + math.cos(math.pi * away / 10) for away in range(-9, 10)]
    assert hearing(spike).value("bass", 1.0, 5.0) == pytest.approx(weights[9] / sum(weights))
    assert hearing(spike).value("bass", 1.0, 5.4) == pytest.approx(weights[13] / sum(weights))
    assert hearing(spike).value("bass", 1.0, 6.5) == 0
    assert hearing().value("bass", 1.0, 5.0) == pytest.approx(0.5)


def test_a_beat_is_1_and_falls_until_the_next() -> None:
    heard = hearing()
    times = (0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.25, 2.5)
    assert [heard.value("beat", None, time) for time in times] == pytest.approx(
        [0, 1, 0.5, 1, 1, 0.5, 0.25, 1], abs=1e-4
    )
    assert [heard.value("beat", 2, time) for time in (0.5, 1.0, 1.5)] == pytest.approx([1, 0.5, 1], abs=1e-4)
    assert [heard.value("bar", None, time) for time in (0.5, 1.0, 1.5, 3.5)] == pytest.approx(
        [0, 1, 2 / 3, 1], abs=1e-4
    )
    assert [heard.value("bar", 2, time) for time in (1.0, 3.5, 6.5)] == pytest.approx([1, 0.5, 1], abs=1e-4)
    assert [heard.value("since_beat", None, time) for time in (0.25, 0.5, 2.0)] == pytest.approx([0, 0, 0.5])
    assert [heard.value("beat_number", None, time) for time in (0, 0.5, 2.0, 2.5)] == [0, 0, 2, 3]
    assert [heard.value("bar_number", None, time) for time in (0, 0.5, 1, 3.5)] == [0, 0, 0, 1]
    assert [heard.value("section", None, time) for time in (0, 3.9, 4.0, 9, 20)] == [0, 0, 1, 2, 2]


def test_what_has_no_beat_neither_beats_nor_moves() -> None:
    heard = hearing(replace(SONG, beats=()))
    for name in ("beat", "bar", "since_beat", "beat_number", "bar_number"):
        assert {heard.value(name, None, time / 7) for time in range(70)} == {0}


def test_after_the_song_its_beats_are_over() -> None:
    heard = hearing(sound="end")
    assert heard.value("beat", None, 7.0) == pytest.approx(0.5, abs=1e-4)
    assert [heard.value(name, None, 9.0) for name in ("beat", "bar", "beat_number", "bar_number")] == [0, 0, 7, 2]
    assert heard.value("since_beat", None, 9.0) == pytest.approx(2.5)
    assert hearing(sound="loop").value("beat", None, 10.5) == pytest.approx(1, abs=1e-4)
    assert hearing(sound="loop").value("beat_number", None, 11.0) == 9


def test_beats_count_from_the_films_start() -> None:
    beats = beats_in(Animation(sound_start="1.2s"), SONG)
    assert beats.times == pytest.approx([0.3, 1.3, 2.3, 3.3, 4.3, 5.3])
    assert beats.first_bar == 2
    assert beats.bar_seconds(0) == pytest.approx(2.3)
    assert beats.sections == pytest.approx([0, 2.8, 6.8, 8.8])


def test_a_tempo_and_listed_beats_overrule_the_song() -> None:
    onsets = tuple(float(number % 10 == 3) for number in range(101))
    given = beats_in(Animation(bpm=60), replace(SONG, curves={"onset": onsets}))
    assert given.times[:3] == pytest.approx([0.3, 1.3, 2.3], abs=0.05)
    listed = beats_in(Animation(beats=(1.0, 2.0, 4.0), meter=2), SONG)
    assert (listed.times, listed.meter, listed.first_bar) == ((1.0, 2.0, 4.0), 2, 0)
    assert beats_in(Animation(beats=(1.0, 2.0, 4.0))).times == (1.0, 2.0, 4.0)


def test_times_go_there_and_back() -> None:
    for beats in (beats_in(Animation(), SONG), beats_in(Animation(sound="loop"), SONG), beats_in(Animation())):
        for number in (-2.0, 0.0, 0.5, 3.25, 7.0, 7.5, 12.25, 30.0):
            assert beats.number(beats.seconds(number)) == pytest.approx(number, abs=1e-6)
        seconds = [beats.seconds(number / 4) for number in range(-8, 100)]
        assert seconds == sorted(seconds)


def test_a_song_that_was_only_measured_is_silent() -> None:
    assert film_hearing(Animation(), Song("a.ogg", 3.0))[1] is SILENCE
    assert film_hearing(Animation(), None)[1] is SILENCE
    assert {SILENCE.value(name, None, 1.0) for name in SIGNALS} == {0}
