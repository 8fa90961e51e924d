"""Tasks in processes of their own on this machine: one a GPU, or several that share the processor's cores."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType

from dreamer.dreaming.events import StepDone, TileDone
from dreamer.errors import DeviceError, DreamerError
from dreamer.jobs.events import FrameDone, JobDone, JobEvent, JobFailed, JobMoved, JobProgress, NetworkReady
from dreamer.jobs.executors.attempts import Attempts
from dreamer.jobs.executors.interface import Executor
from dreamer.jobs.job import Job, Task
from dreamer.memory import limit_memory

# Tasks that a worker holds: one that it computes and one whose pictures it reads meanwhile.
HELD = 2
PAUSE = 0.2
SECONDS_BETWEEN_REPORTS = 0.25


def worker_devices(device: str, workers: int | None) -> list[str]:
    """The device of each worker: every GPU where `device` is auto or cuda, else the processor, `workers` in all."""
    from dreamer.devices import available_devices

    here = available_devices()
    gpus = [name for name in here if name.startswith("cuda")] if device in ("auto", "cuda") else []
    chosen = gpus or [device]
    return [chosen[number % len(chosen)] for number in range(workers or len(chosen))]


class Processes(Executor):
    """Spawned workers, one for each of `devices`; a worker that dies is replaced and its task tried again, twice.

    `max_memory`: bytes that they share.
    """

    def __init__(
        self,
        devices: Sequence[str],
        *,
        precision: str = "auto",
        threads: int | None = None,
        max_memory: int | None = None,
    ) -> None:
        self._devices, self._precision, self._threads = list(devices), precision, threads
        self._memory = None if max_memory is None else max_memory // len(self._devices)
        self._workers: list[_Worker] = []
        self._ready: set[NetworkReady] = set()  # what one worker has told need not be heard from all

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid or 0 for worker in self._workers]

    def __enter__(self) -> Processes:
        self._workers = [self._start(device) for device in self._devices]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers = []

    def run(self, tasks: Iterator[Task | None]) -> Iterator[JobEvent | None]:
        """As `Executor.run`."""
        attempts = Attempts(tasks)
        finished = False
        try:
            while True:
                self._hand_out(attempts)
                if attempts.over and not any(worker.tasks for worker in self._workers):
                    break
                yield from self._heard(attempts)
            finished = True
        finally:
            if not finished:  # what the workers are at is no longer wanted
                for number, worker in enumerate(self._workers):
                    if worker.tasks:
                        worker.kill()
                        self._workers[number] = self._start(worker.device)

    def _hand_out(self, attempts: Attempts) -> None:
        # A first task for everyone before anyone gets a second.
        for held in range(HELD):
            for worker in self._workers:
                if len(worker.tasks) <= held and (task := attempts.take()):
                    worker.give(task)

    def _heard(self, attempts: Attempts) -> Iterator[JobEvent | None]:
        """What the workers say within a moment; dead ones are replaced."""
        by_connection = {worker.connection: worker for worker in self._workers}
        ready = wait(list(by_connection), timeout=PAUSE)
        if not ready:
            yield None
        for connection in ready:
            worker = by_connection[connection]  # type: ignore[index]
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._workers[self._workers.index(worker)] = self._start(worker.device)
                yield from self._bury(worker, attempts)
                continue
            if isinstance(message, DreamerError):
                raise message
            worker.settle(message)
            if not isinstance(message, NetworkReady) or message not in self._ready:
                yield message
            if isinstance(message, NetworkReady):
                self._ready.add(message)

    def _bury(self, worker: _Worker, attempts: Attempts) -> Iterator[JobEvent]:
        worker.kill()
        if not worker.heard:
            code = worker.process.exitcode
            raise DeviceError(f"a worker could not start on {worker.device}: exit code {code}")
        if worker.tasks:
            yield from attempts.died(worker.tasks[0], list(worker.tasks)[1:])

    def _start(self, device: str) -> _Worker:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        share = max(1, (os.cpu_count() or 1) // len(self._devices)) if device in ("cpu", "auto") else None
        threads = self._threads or share
        process = context.Process(
            target=work, args=(there, device, self._precision, threads, self._memory), daemon=True
        )
        process.start()
        there.close()
        return _Worker(process, here, device)


@dataclass(eq=False)
class _Worker:
    """A process, and the tasks that it has not answered for. `heard`: whether it has ever said anything."""

    process: SpawnProcess
    connection: Connection
    device: str
    tasks: deque[Task] = field(default_factory=deque)
    heard: bool = False

    def give(self, task: Task) -> None:
        with contextlib.suppress(OSError):  # a dead worker shows at the next look; the task is among those it had
            self.connection.send(task)
        self.tasks.append(task)

    def settle(self, event: JobEvent | None) -> None:
        """Take the job of a JobDone or JobFailed out of the tasks that are not answered for."""
        self.heard = True
        if not isinstance(event, (JobDone, JobFailed)):
            return
        for number, task in enumerate(self.tasks):
            left = tuple(job for job in task if job.output != event.job.output)
            if len(left) < len(task):
                if left:
                    self.tasks[number] = left
                else:
                    del self.tasks[number]
                return

    def end(self) -> None:
        """Let it finish what it is at, for a moment; then kill it."""
        with contextlib.suppress(OSError):
            self.connection.send(None)
        self.process.join(0.1 if self.tasks else 5)
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def work(
    connection: Connection, device: str, precision: str, threads: int | None, max_memory: int | None = None
) -> None:
    """What a worker process does: tasks in, events out, until it gets None or the other end is gone."""
    # Ctrl-C reaches every process of the terminal; what is to happen then is decided in one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from dreamer.jobs.render import Renderer

    limit_memory(max_memory)

    def tasks() -> Iterator[Task]:
        while (task := _received(connection)) is not None:
            yield task

    try:
        connection.send(None)
        renderer = Renderer(device=device, precision=precision, threads=threads, listen=_Reports(connection))
        for event in renderer.run(tasks()):
            connection.send(event)
    except DreamerError as error:
        connection.send(error)
    except OSError:
        pass  # nobody listens any more


class _Reports:
    """Tells the other end now and then how far a job has come. Called in the thread that sends everything else."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._told_at = connection, 0.0
        self._told_of: Job | None = None

    def __call__(self, event: JobEvent) -> None:
        """Pass on what can be sent: no tensors."""
        if isinstance(event, NetworkReady):
            self._connection.send(event)
        elif isinstance(event, FrameDone):
            self._tell(JobMoved(event.job, event.number / event.count))
        elif (
            isinstance(event, JobProgress) and isinstance(event.event, (StepDone, TileDone)) and event.job.film is None
        ):
            self._tell(JobMoved(event.job, event.event.work, event.together))

    def _tell(self, moved: JobMoved) -> None:
        if moved.job is not self._told_of or time.monotonic() - self._told_at > SECONDS_BETWEEN_REPORTS:
            self._told_of, self._told_at = moved.job, time.monotonic()
            self._connection.send(moved)


def _received(connection: Connection) -> Task | None:
    try:
        task: Task | None = connection.recv()
    except (EOFError, OSError):
        return None
    return task
