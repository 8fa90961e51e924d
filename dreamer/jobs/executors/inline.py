"""Tasks one after the other in this process."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from dreamer.jobs.events import JobEvent, JobListener
from dreamer.jobs.executors.interface import Executor
from dreamer.jobs.render import Renderer, Task
from dreamer.networks import Network


class Inline(Executor):
    """The executor without workers. `listen` also hears what happens within a job, in the thread that iterates."""

    def __init__(
        self,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        network: Network | None = None,
        listen: JobListener = lambda event: None,
    ) -> None:
        self._renderer = Renderer(device=device, precision=precision, threads=threads, network=network, listen=listen)

    def run(self, tasks: Iterator[Task | None]) -> Iterator[JobEvent | None]:
        """As `Executor.run`."""
        yield from self._renderer.run(tasks)

    def __enter__(self) -> Inline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return
