"""What has been tried of a command and what failed, counted over all tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

# The property of a test's report that its counts travel in, from a worker of xdist as well.
PROPERTY = "torture"


@dataclass
class Tally:
    """Trials of one subject, such as a command, each of which may fail without ending the others."""

    subject: str
    trials: int = 0
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def trial(self, what: str) -> Iterator[None]:
        """One trial; `what` says how to find it again, such as a number or a seed. A failed assertion fails it."""
        self.trials += 1
        try:
            yield
        except AssertionError as error:
            self.failures.append(f"{what}: {error}")


@contextmanager
def counted(subject: str, record: Callable[[str, object], None]) -> Iterator[Tally]:
    """A tally whose counts go to `record`, and whose failures are told together at the end."""
    tally = Tally(subject)
    yield tally
    record(PROPERTY, (subject, tally.trials, len(tally.failures)))
    if tally.failures:
        pytest.fail(f"{len(tally.failures)} of {tally.trials} trials\n" + "\n".join(tally.failures), pytrace=False)


def summary(properties: Iterable[tuple[str, object]]) -> list[str]:
    """A line for each subject, with its trials and failures, from the properties of all reports."""
    counts: dict[str, tuple[int, int]] = {}
    for name, value in properties:
        if name == PROPERTY:
            subject, trials, failures = value  # type: ignore[misc]
            before = counts.get(subject, (0, 0))
            counts[subject] = (before[0] + trials, before[1] + failures)
    width = max(map(len, counts), default=0)
    return [f"{name:<{width}}  {trials:6} trials  {failed:4} failed" for name, (trials, failed) in counts.items()]
