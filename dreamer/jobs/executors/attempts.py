"""What becomes of tasks whose worker died: tried again alone, and given up after the third time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from dreamer.errors import DeviceError
from dreamer.jobs.events import JobFailed
from dreamer.jobs.rendering import Task, Unit

TRIES = 3


class Attempts:
    """Units to do: those of dead workers first, then new ones from `units`."""

    def __init__(self, units: Iterator[Unit | None]) -> None:
        self._units = units
        self._again: deque[Unit] = deque()
        self._deaths: Counter[str] = Counter()
        self.exhausted = False

    def take(self) -> Unit | None:
        """The next unit, or None where there is none at the moment; then `exhausted` tells whether ever again."""
        if self._again:
            return self._again.popleft()
        if self.exhausted:
            return None
        try:
            return next(self._units)
        except StopIteration:
            self.exhausted = True
            return None

    @property
    def over(self) -> bool:
        """Whether nothing is left to take."""
        return self.exhausted and not self._again

    def died(self, unit: Unit, waiting: list[Unit]) -> Iterator[JobFailed]:
        """A worker died over `unit`; the units that waited behind it had no part in that."""
        self._again.extendleft(reversed(waiting))
        for task in reversed(unit):
            name = str(task.job.output)
            self._deaths[name] += 1
            if self._deaths[name] < TRIES:
                self._again.appendleft((task,))
            else:
                yield JobFailed(task.job, _given_up(task))


def _given_up(task: Task) -> DeviceError:
    remedy = "It may have run out of memory: try fewer --workers or a smaller --size."
    return DeviceError(f"the worker died {TRIES} times over it", where=str(task.job.source or ""), remedy=remedy)
