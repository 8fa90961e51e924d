from __future__ import annotations

import pytest

from tests.torture.tally import PROPERTY, Tally, counted, summary

pytestmark = pytest.mark.torture


def test_a_trial_that_fails_does_not_end_the_others() -> None:
    tally = Tally("render")
    for number in range(3):
        with tally.trial(f"number {number}"):
            assert number != 1, "one is wrong"
    assert tally.trials == 3 and len(tally.failures) == 1
    assert tally.failures[0].startswith("number 1: one is wrong")


def test_failures_are_told_together_and_counted() -> None:
    recorded: list[object] = []
    with (
        pytest.raises(pytest.fail.Exception, match=r"2 of 2 trials\na: (.|\n)*\nb: "),
        counted("render", lambda _, counts: recorded.append(counts)) as tally,
    ):
        for name in "ab":
            with tally.trial(name):
                assert name == "c"
    assert recorded == [("render", 2, 2)]


def test_counts_are_added_by_subject() -> None:
    properties = [(PROPERTY, ("render", 3, 0)), ("other", 1), (PROPERTY, ("render", 4, 1)), (PROPERTY, ("film", 1, 0))]
    assert summary(properties) == ["render       7 trials     1 failed", "film         1 trials     0 failed"]
