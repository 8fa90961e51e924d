"""Tasks one after the other in this process."""

from __future__ import annotations

from types import TracebackType

from dreamer.jobs.executors.interface import Executor
from dreamer.jobs.render import Renderer


class Inline(Renderer, Executor):
    """The executor without workers: a renderer, whose listener hears in this process what happens within a job."""

    def __enter__(self) -> Inline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return
