"""What every executor does."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol

from dreamer.jobs.events import JobDone, JobEvent, JobFailed
from dreamer.jobs.job import Task


class Executor(Protocol):
    """Does tasks. Used with `with`, which ends its workers; `run` may be called again and again."""

    def run(self, tasks: Iterator[Task | None]) -> Iterator[JobEvent | None]:
        """Events of all tasks; each job ends in exactly one JobDone or JobFailed.

        `tasks` is asked for more only when a worker has room, and yields None where there is nothing at the moment.
        The events hold None now and then, so that whoever iterates can look at the clock. Closing the iterator stops
        all work; what is not finished then leaves nothing behind. Raises DeviceError where a device is missing.
        """

    def unheard(self) -> list[JobDone | JobFailed]:
        """Outcomes that came while the last `run` was being broken off, so that its iterator could not tell them."""
        return []

    def __enter__(self) -> Executor:
        """Start."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers."""
