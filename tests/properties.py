"""How hard property tests try: a little in every run, a lot where DREAMER_TORTURE is set (`make torture`).

The examples are derived from the tests themselves, so that a run finds what the last one found.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, settings

TORTURE = os.environ.get("DREAMER_TORTURE") == "1"


def examples(few: int) -> Callable[..., Callable[..., None]]:
    """A decorator for property tests: so many examples, a hundred times as many under torture."""
    return settings(
        max_examples=few * 100 if TORTURE else few,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
