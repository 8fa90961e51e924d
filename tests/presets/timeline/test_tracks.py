from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from dreamer.presets.model.beats import Beats
from dreamer.presets.timeline.expressions import Moment
from dreamer.presets.timeline.tracks import Clock, Track, is_track, make_track, track_mistakes

CLOCK = Clock(rate=Fraction(30000, 1001), beats=Beats(90.0), frames=300)


def test_before_the_first_key_and_after_the_last_their_values_hold() -> None:
    track = make_track({"1s": 2.0, "3s": 4.0}, CLOCK)
    assert [track.value_at(seconds) for seconds in (0.0, 1.0, 2.0, 3.0, 99.0)] == [2.0, 2.0, 3.0, 4.0, 4.0]


def test_keys_may_be_written_in_any_order_and_unit() -> None:
    track = make_track({"100%": 4, "3b": 2, "0s": 1, "30f": 3}, CLOCK)
    assert track.times == pytest.approx((0.0, 1.001, 2.0, 10.01))
    assert track.values == (1, 3, 2, 4)


def test_a_key_on_a_frame_holds_at_that_frame_whatever_the_rate() -> None:
    track = make_track({f"{frame}f": frame for frame in range(0, 300, 7)}, CLOCK)
    for frame in range(0, 300, 7):
        assert track.value_at(CLOCK.seconds(frame)) == pytest.approx(frame)


def test_a_single_key_is_a_constant() -> None:
    assert make_track({"2s": 5.0}, CLOCK).value_at(0.0) == 5.0


def test_an_easing_beside_a_value_leads_into_its_key_alone() -> None:
    track = make_track({"0s": 0.0, "1s": [1.0, "hold"], "2s": 2.0, "ease": "in"}, CLOCK)
    assert [track.value_at(seconds) for seconds in (0.5, 1.0, 1.5)] == [0.0, 1.0, 1.25]


@pytest.mark.parametrize("values", [("a", "b"), (True, False), ([1, 2], [3, 4]), ("auto", 512), (3, "64-79")])
def test_what_is_no_number_switches_at_its_key(values: tuple[Any, Any]) -> None:
    track = make_track(dict(zip(("0s", "2s"), values, strict=True)), CLOCK)
    assert [track.value_at(seconds) for seconds in (0.0, 1.99, 2.0)] == [values[0], values[0], values[1]]


def test_numbers_that_are_names_stay_as_they_are() -> None:
    track = make_track({"0s": 3, "1s": [12, "64-79"], "2s": 99}, CLOCK, switching=True)
    assert [repr(track.value_at(seconds)) for seconds in (0.5, 1.5, 2.5)] == ["3", "[12, '64-79']", "99"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"0s": 1}, True),
        ({"0s": 1, "ease": "in"}, True),
        ({"0s": 1, "oops": 2}, True),
        ({"ease": "in"}, False),
        ({"3": 1.0}, False),
        ({"from": 1, "to": 2}, False),
        ({}, False),
        ("2s", False),
    ],
)
def test_a_table_with_a_time_in_it_is_meant_as_keyframes(value: Any, expected: bool) -> None:
    assert is_track(value) is expected


@pytest.mark.parametrize(
    ("table", "mistakes"),
    [
        ({"0s": 1, "2 sec": 2}, [("2 sec", "is neither a time such as")]),
        ({"0s": 1, "ease": "smoth"}, [(None, "unknown easing 'smoth'; did you mean 'smooth'?")]),
        ({"0s": 1, "ease": 3}, [(None, "unknown easing 3; there are hold, linear")]),
        ({"0s": 1, "1s": [2, "ot"]}, [("1s", "unknown easing 'ot'; did you mean 'out'?")]),
        ({"0s": 1, "1s": 2, "1.0s": 3}, [("1s", 'is the same time as "1.0s"')]),
        ({"0s": "a", "1s": "b", "ease": "in"}, [(None, 'ease = "in" is for numbers')]),
        ({"0s": "a", "1s": "b", "ease": "hold"}, []),
        ({"0s": 1, "x": 2, "ease": "y"}, [("x", "is neither"), (None, "unknown easing 'y'")]),
    ],
)
def test_all_mistakes_of_a_table_are_told(table: dict[str, Any], mistakes: list[tuple[str | None, str]]) -> None:
    found = list(track_mistakes(table, CLOCK))
    assert [key for key, _ in found] == [key for key, _ in mistakes]
    assert all(what.startswith(start) for (_, what), (_, start) in zip(found, mistakes, strict=True))


def test_a_table_with_a_mistake_makes_no_track() -> None:
    with pytest.raises(ValueError, match='"1s": unknown easing'):
        make_track({"0s": 1, "1s": [2, "x"]}, CLOCK)


def test_a_moment_is_seconds_frame_share_and_beats() -> None:
    assert CLOCK.moment(299) == Moment(pytest.approx(9.97663, abs=1e-5), 299, 1.0, pytest.approx(14.965, abs=1e-3))
    assert Clock(Fraction(10), Beats(60.0), 1).moment(0) == Moment(0.0, 0, 0.0, 0.0)


def test_tracks_are_plain_data() -> None:
    assert make_track({"0s": 1, "2s": 3}, CLOCK) == Track((0.0, 2.0), (1, 3), ("linear", "linear"))
