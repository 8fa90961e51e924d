"""Tasks with their pictures: read in a thread of its own while the one before is computed."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from dreamer.errors import DreamerError
from dreamer.jobs.events import JobFailed
from dreamer.jobs.job import Task
from dreamer.jobs.stills import read_source
from dreamer.pictures import Picture
from dreamer.refusals import refusals_told

PATIENCE = 5.0  # seconds to wait for a thread that is to end
PAUSE = 0.1  # seconds between two looks at something that another thread changes


def take_one_core() -> None:
    """Keep torch's operations in this thread on one core.

    A second thread with a team of its own makes OpenMP stop spinning in both, which doubles the time of a dream.
    """
    torch.set_num_threads(1)
    torch.get_num_threads()  # a thread takes the number that holds when it first asks, and keeps it


@dataclass(frozen=True)
class ReadTask:
    """A task whose pictures are read; `failed` are the jobs whose could not be."""

    jobs: Task
    pictures: tuple[Picture | None, ...]
    failed: tuple[JobFailed, ...] = ()


class ReadAhead:
    """Takes tasks and reads their pictures in a thread of its own, one task ahead. Use it with `with`."""

    def __init__(self, tasks: Iterator[Task | None]) -> None:
        self._tasks, self._stopped, self.started = tasks, threading.Event(), threading.Event()
        self._inbox: queue.Queue[ReadTask | BaseException | None] = queue.Queue(1)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> ReadAhead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(PATIENCE)

    @property
    def waiting(self) -> bool:
        """Whether a task waits to be taken."""
        return not self._inbox.empty()

    def take(self) -> ReadTask | None:
        """The next task, once it is there; None after the last. Raises what taking a task has raised."""
        item = self._inbox.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def _work(self) -> None:
        take_one_core()
        self.started.set()
        try:
            for task in self._tasks:
                if self._stopped.is_set():
                    return
                if task is None:
                    time.sleep(PAUSE)
                else:
                    self._put(_read(task))
            self._put(None)
        except BaseException as error:  # raised again where the tasks are waited for
            self._put(error)

    def _put(self, item: ReadTask | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                return self._inbox.put(item, timeout=PAUSE)
            except queue.Full:
                continue


def _read(task: Task) -> ReadTask:
    jobs, pictures, failed = [], [], []
    for job in task:
        try:
            with refusals_told():
                pictures.append(None if job.film is not None else read_source(job))  # a film reads its own
            jobs.append(job)
        except DreamerError as error:
            failed.append(JobFailed(job, error))
    return ReadTask(tuple(jobs), tuple(pictures), tuple(failed))
