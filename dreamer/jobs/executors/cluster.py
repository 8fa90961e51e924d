"""Tasks on a Ray cluster: one actor a GPU, or a share of a machine's cores, on any number of machines.

Needs the extra `dreamer[cluster]` on every machine.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from dreamer.atomic import atomic_write
from dreamer.errors import DeviceError, OutputError, PictureError, ToolError
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobMoved
from dreamer.jobs.executors.attempts import Attempts
from dreamer.jobs.executors.interface import Executor
from dreamer.jobs.job import Job, Task
from dreamer.jobs.render import Renderer
from dreamer.pictures.write import keep_date
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.lookup import resolve_picture
from dreamer.presets.source.named_files import with_files
from dreamer.refusals import refusal

HELD = 2
PAUSE = 0.5


class Cluster(Executor):
    """Actors on a Ray cluster at `address`: "auto", "HOST:PORT", or "local" to start one on this machine.

    `workers`: how many actors; without it one a GPU, or one for each `cores` processor cores where there is none.
    `ship`: inputs and outputs travel as bytes, for machines that share no folders. An actor whose node dies is
    replaced and its task tried again, twice.
    """

    def __init__(
        self,
        address: str = "auto",
        *,
        workers: int | None = None,
        cores: int = 4,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        ship: bool = False,
    ) -> None:
        self._address, self._count, self._cores = address, workers, cores
        self._device, self._precision, self._threads, self._ship = device, precision, threads, ship
        self._actors: list[_Actor] = []
        self._started_here = False

    @property
    def pids(self) -> list[int]:
        """Process ids of the living actors, on whatever machine they are."""
        ray, pids = _ray(), []
        for answer in [actor.handle.pid.remote() for actor in self._actors]:
            with contextlib.suppress(ray.exceptions.RayActorError):
                pids.append(int(ray.get(answer)))
        return pids

    def __enter__(self) -> Cluster:
        ray = _ray()
        if not ray.is_initialized():
            address = None if self._address == "local" else self._address
            try:
                _knock(address)
                ray.init(address=address, log_to_driver=False, include_dashboard=False, logging_level="ERROR")
            except (OSError, RuntimeError, ValueError) as error:
                remedy = "Start one with `ray start --head`, or use --cluster local."
                raise DeviceError(
                    f"no Ray cluster answers: {error}", where=f"--cluster {self._address}", remedy=remedy
                ) from error
            self._started_here = True
        gpus = int(ray.cluster_resources().get("GPU", 0)) if self._device in ("auto", "cuda") else 0
        cores = int(ray.cluster_resources().get("CPU", 1))
        self._with_gpu = gpus > 0
        self._cores = self._cores if self._with_gpu else min(self._cores, max(1, cores // (self._count or 1)))
        count = self._count or gpus or max(1, cores // self._cores)
        self._actors = [self._start() for _ in range(count)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ray = _ray()
        for actor in self._actors:
            ray.kill(actor.handle)
        self._actors = []
        if self._started_here:
            ray.shutdown()

    def run(self, tasks: Iterator[Task | None]) -> Iterator[JobEvent | None]:
        """As `Executor.run`."""
        attempts = Attempts(tasks)
        finished = False
        try:
            while True:
                yield from self._hand_out(attempts)
                if attempts.over and not any(actor.held for actor in self._actors):
                    break
                yield from self._heard(attempts)
            finished = True
        finally:
            if not finished:
                self._replace_busy()

    def _hand_out(self, attempts: Attempts) -> Iterator[JobEvent]:
        for held in range(HELD):
            for actor in self._actors:
                # One that waits for room, as after a node's death, must not keep tasks from the others.
                while actor.is_up() and len(actor.held) <= held and (task := attempts.take()):
                    try:
                        actor.give(task, ship=self._ship)
                    except PictureError as error:
                        yield from (JobFailed(job, error) for job in task)
                    else:
                        yield from actor.begun()

    def _heard(self, attempts: Attempts) -> Iterator[JobEvent | None]:
        ray = _ray()
        by_reference = {actor.held[0][0]: actor for actor in self._actors if actor.held}
        if not by_reference:  # nobody is up yet
            ray.wait([actor.up for actor in self._actors], num_returns=1, timeout=PAUSE)
            yield None
            return
        ready, _ = ray.wait(list(by_reference), num_returns=1, timeout=PAUSE)
        if not ready:
            yield None
        for reference in ready:
            actor = by_reference[reference]
            _, task = actor.held.popleft()
            try:
                answers = ray.get(reference)
            except ray.exceptions.RayActorError:
                self._actors[self._actors.index(actor)] = self._start()
                yield from attempts.died(task, [waiting for _, waiting in actor.held])
            except ray.exceptions.RayTaskError as error:
                cause = error.cause
                raise cause if isinstance(cause, DeviceError) else DeviceError(str(error)) from error
            else:
                jobs = {job.place: job for job in task}
                for answer in answers:
                    yield settled(answer, jobs)
                yield from actor.begun()

    def _replace_busy(self) -> None:
        ray = _ray()
        for number, actor in enumerate(self._actors):
            if actor.held:
                ray.kill(actor.handle)
                self._actors[number] = self._start()

    def _start(self) -> _Actor:
        resources = {"num_gpus": 1} if self._with_gpu else {"num_cpus": self._cores}
        remote = _ray().remote(**resources)(RemoteRenderer)
        threads = None if self._with_gpu else self._threads or self._cores
        device = "cuda" if self._with_gpu else self._device
        handle = remote.remote(device, self._precision, threads, os.getcwd())
        return _Actor(handle, handle.pid.remote())


@dataclass(frozen=True)
class Parcel:
    """A job, and its files as bytes: where `files` is None they are at their paths on every machine."""

    job: Job
    files: dict[str, bytes] | None


@dataclass(frozen=True)
class Answer:
    """The outcome of a job, identified by its output's path; `picture` holds the output where it is shipped."""

    output: str
    event: JobEvent
    picture: bytes | None = None


@dataclass(eq=False)
class _Actor:
    """An actor and what it has not answered for, in order."""

    handle: Any
    up: Any
    held: deque[tuple[Any, Task]] = field(default_factory=deque)

    def is_up(self) -> bool:
        """Whether it has ever answered."""
        return bool(_ray().wait([self.up], timeout=0)[0])

    def give(self, task: Task, *, ship: bool) -> None:
        parcels = [Parcel(job, _packed(job) if ship else None) for job in task]
        self.held.append((self.handle.render.remote(parcels), task))

    def begun(self) -> Iterator[JobMoved]:
        """Report that the only task, or the last one left, is begun now; the actor says nothing until it is done."""
        if len(self.held) == 1:
            (_, task) = self.held[0]
            yield JobMoved(task[0], 0.0, len(task))


class RemoteRenderer:
    """What an actor is: a renderer that keeps its networks from one task to the next.

    `folder`: where the command was given. An actor begins where its node was started, and the paths of jobs and presets
    would be looked for there. A machine that has no such folder is sent bytes.
    """

    def __init__(self, device: str, precision: str, threads: int | None, folder: str) -> None:
        with contextlib.suppress(OSError):
            os.chdir(folder)
        self._renderer = Renderer(device=device, precision=precision, threads=threads)

    def pid(self) -> int:
        """The process id."""
        return os.getpid()

    def render(self, parcels: list[Parcel]) -> list[Answer]:
        """Do one task; the outcome of each of its jobs."""
        if parcels[0].files is None:
            return [Answer(event.job.place, event) for event in self._outcomes(tuple(each.job for each in parcels))]
        with tempfile.TemporaryDirectory(prefix="dreamer-") as folder:
            origins: dict[str, str] = {}
            jobs = []
            for number, parcel in enumerate(parcels):
                job = _unpacked(parcel, Path(folder) / str(number))
                origins[job.place] = parcel.job.place
                jobs.append(job)
            return [
                Answer(origins[event.job.place], event, _bytes_of(Path(event.job.place)))
                for event in self._outcomes(tuple(jobs))
            ]

    def _outcomes(self, task: Task) -> list[JobDone | JobFailed]:
        return [event for event in self._renderer.run(iter([task])) if isinstance(event, (JobDone, JobFailed))]


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _knock(address: str | None) -> None:
    """Raise OSError where nobody listens at HOST:PORT, which Ray itself would try for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=5).close()


def _packed(job: Job) -> dict[str, bytes]:
    """The bytes of all files of a job, by the text that names them. Raises PictureError."""
    try:
        return {str(path): path.read_bytes() for path in job.read_files()}
    except OSError as error:
        raise refusal(PictureError, "cannot be read", error, error.filename) from error


def _unpacked(parcel: Parcel, folder: Path) -> Job:
    """The job with its files in `folder`, and its output there, too."""
    job, files = parcel.job, parcel.files or {}
    folder.mkdir()
    places = {}
    for number, (text, data) in enumerate(files.items()):
        place = folder / f"{number}{Path(text).suffix}"
        place.write_bytes(data)
        places[text] = place

    def moved(text: str) -> str:
        return str(places.get(str(resolve_picture(text)), text))

    tree = job.preset.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    preset = Preset.model_validate(with_files(tree, moved))
    source = None if job.path is None else places[str(job.path)]
    return replace(job, source=source, preset=preset, output=folder / f"output{Path(job.place).suffix}")


def settled(answer: Answer, jobs: dict[str, Job]) -> JobEvent:
    """The outcome for the job as it is known here, its shipped output written."""
    job, event = jobs[answer.output], answer.event
    if isinstance(event, JobDone) and answer.picture is not None:
        try:
            with atomic_write(Path(job.place)) as file:
                file.write(answer.picture)
            if job.files.keep_dates and job.film is None:
                _keep_date(job)
        except OutputError as error:
            return JobFailed(job, error)
    return replace(event, job=job) if isinstance(event, (JobDone, JobFailed)) else event


def _keep_date(job: Job) -> None:
    """Give a shipped picture the date of its photo, where that is still there."""
    with contextlib.suppress(FileNotFoundError):
        if job.path is not None:
            keep_date(Path(job.place), job.path.stat().st_mtime_ns)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise ToolError("Ray is not installed", remedy="Install it with: pip install 'dreamer[cluster]'") from error
    return ray
