"""What becomes of jobs whose worker died: tried again alone, and given up after the third time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from dreamer.errors import DeviceError
from dreamer.jobs.events import JobFailed
from dreamer.jobs.job import Job, Task

TRIES = 3


class Attempts:
    """Tasks to do: those of dead workers first, then new ones from `tasks`."""

    def __init__(self, tasks: Iterator[Task | None]) -> None:
        self._tasks = tasks
        self._again: deque[Task] = deque()
        self._deaths: Counter[str] = Counter()
        self.exhausted = False

    def take(self) -> Task | None:
        """The next task, or None where there is none at the moment; then `exhausted` tells whether ever again."""
        if self._again:
            return self._again.popleft()
        if self.exhausted:
            return None
        try:
            return next(self._tasks)
        except StopIteration:
            self.exhausted = True
            return None

    @property
    def over(self) -> bool:
        """Whether nothing is left to take."""
        return self.exhausted and not self._again

    def died(self, task: Task, waiting: list[Task]) -> Iterator[JobFailed]:
        """A worker died over `task`; the tasks that waited behind it had no part in that."""
        self._again.extendleft(reversed(waiting))
        for job in reversed(task):
            self._deaths[job.place] += 1
            if self._deaths[job.place] < TRIES:
                self._again.appendleft((job,))
            else:
                yield JobFailed(job, _given_up(job))


def _given_up(job: Job) -> DeviceError:
    remedy = "It may have run out of memory: try fewer --workers or a smaller --size."
    return DeviceError(f"the worker died {TRIES} times over it", where=str(job.path or ""), remedy=remedy)
