from __future__ import annotations

import pytest

from dreamer.errors import UsageError
from dreamer.networks.training import seconds_of


@pytest.mark.parametrize("text, seconds", [("90s", 90), ("40m", 2400), ("1.5h", 5400)])
def test_times_are_in_seconds_minutes_or_hours(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5", "-1s", "0m", "nanh", "9999999h"])
def test_anything_else_is_not_a_time(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        seconds_of(text)
