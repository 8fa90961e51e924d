"""Tasks to files: what every executor runs, in this process or another."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import torch

from dreamer.errors import DeviceError, DreamerError, NetworkError, TargetError
from dreamer.film.codecs import film_codec
from dreamer.jobs.events import FrameDone, JobDone, JobEvent, JobFailed, JobProgress, JobStarted, NetworkReady
from dreamer.jobs.planning import Job
from dreamer.jobs.stills import Still, render_stills
from dreamer.networks import Network, load_network
from dreamer.pictures import Picture, read_picture, write_picture
from dreamer.presets.model.schema import NetworkChoice
from dreamer.recipes import Recipe

# Networks that stay in memory; a batch goes through its jobs network by network.
NETWORKS = 2
PAUSE = 0.1  # seconds between two looks at something that another thread changes


@dataclass(frozen=True)
class Task:
    """A job that is ready to be done anywhere: its recipe is made, so that its files need not be digested again.

    It is `number` of `count` in its batch.
    """

    job: Job
    recipe: Recipe | None
    number: int = 1
    count: int = 1


Unit = tuple[Task, ...]
"""Tasks that go through the network together: stills of one preset and size. A film is alone."""


class Renderer:
    """Does units of tasks one after the other, each network loaded once.

    While one is computed the next one's pictures are read and the last one's written, by threads of their own.
    `listen` hears what happens within a job; it is called in the thread that iterates over `run`.
    """

    def __init__(self, *, device: str, precision: str, listen: Callable[[JobEvent], None] = lambda event: None) -> None:
        self._device, self._precision, self._listen = device, precision, listen
        self._networks: dict[str, Network] = {}
        self._refused: dict[str, DreamerError] = {}

    def run(self, units: Iterator[Unit | None]) -> Iterator[JobEvent]:
        """Events of every unit: each task ends as JobDone or JobFailed. `units` may yield None: nothing at the moment.

        Raises DeviceError where the device is missing, for then nothing can be done.
        """
        writing: deque[Future[JobEvent]] = deque()
        threads = torch.get_num_threads()
        with ReadAhead(units) as reads, ThreadPoolExecutor(1, initializer=_take_one_core) as writer:
            reads.started.wait()
            writer.submit(int).result()
            torch.set_num_threads(threads)  # for this thread and for MKL, after the helpers have asked for less
            while True:
                if not reads.waiting:  # nothing to compute: whoever waits for the last pictures shall hear of them
                    yield from _finished(writing, at_most=0)
                read = reads.take()
                if read is None:
                    break
                yield from read.failed
                if read.tasks:
                    yield from self._unit(read, writer, writing)
                yield from _finished(writing, at_most=len(read.tasks))
            yield from _finished(writing, at_most=0)

    def _unit(self, read: Read, writer: ThreadPoolExecutor, writing: deque[Future[JobEvent]]) -> Iterator[JobEvent]:
        preset = read.tasks[0].job.preset
        try:
            network = self._network(preset.network)
            if error := self._refused.get(repr(preset)):
                raise error
        except (NetworkError, TargetError) as error:
            yield from (JobFailed(task.job, error) for task in read.tasks)
            return
        yield from (JobStarted(task.job, task.number, task.count) for task in read.tasks)
        if read.tasks[0].job.film is not None:
            yield self._film(read.tasks[0], network)
            return
        began = time.perf_counter()
        try:
            stills = self._stills(read, network)
        except DreamerError as error:
            yield from self._apart(read, network, error)
        else:
            seconds = (time.perf_counter() - began) / len(read.tasks)
            for task, still in zip(read.tasks, stills, strict=True):
                writing.append(writer.submit(_write, task, still, network, seconds))

    def _apart(self, read: Read, network: Network, error: DreamerError) -> Iterator[JobEvent]:
        """A unit that failed as a whole: where more memory may help its tasks are done one by one."""
        preset = read.tasks[0].job.preset
        if isinstance(error, TargetError):
            self._refused[repr(preset)] = error  # every job of this preset would fail alike
        if not isinstance(error, DeviceError) or len(read.tasks) == 1:
            yield from (JobFailed(task.job, error) for task in read.tasks)
            return
        for task, picture in zip(read.tasks, read.pictures, strict=True):
            began = time.perf_counter()
            try:
                (still,) = self._stills(Read((task,), (picture,)), network)
            except DreamerError as own:
                yield JobFailed(task.job, own)
            else:
                yield _write(task, still, network, time.perf_counter() - began)

    def _network(self, choice: NetworkChoice) -> Network:
        name = repr(choice)
        if name in self._refused:
            raise self._refused[name]
        if name not in self._networks:
            while len(self._networks) >= NETWORKS:
                self._networks.pop(next(iter(self._networks)))
            try:
                network = load_network(choice, device=self._device, precision=self._precision)
            except NetworkError as error:
                self._refused[name] = error
                raise
            self._networks[name] = network
            self._listen(NetworkReady(network.name, network.reason))
        return self._networks[name]

    def _stills(self, read: Read, network: Network) -> list[Still]:
        job, together = read.tasks[0].job, len(read.tasks)
        return render_stills(
            job.preset, network, read.pictures, listen=lambda event: self._listen(JobProgress(job, event, together))
        )

    def _film(self, task: Task, network: Network) -> JobEvent:
        try:
            return write_film(task.job, network, task.recipe, self._listen)
        except DreamerError as error:
            return JobFailed(task.job, error)


def _take_one_core() -> None:
    """Keep torch's operations in this thread on one core.

    A second thread with a team of its own makes OpenMP stop spinning in both, which doubles the time of a dream.
    """
    torch.set_num_threads(1)
    torch.get_num_threads()  # a thread takes the number that holds when it first asks, and keeps it


def _finished(writing: deque[Future[JobEvent]], *, at_most: int) -> Iterator[JobEvent]:
    """The outcomes of what is written, and of what must be waited for so that `at_most` files go on waiting."""
    while writing and (writing[0].done() or len(writing) > at_most):
        yield writing.popleft().result()


@dataclass(frozen=True)
class Read:
    """A unit whose pictures are read; `failed` are those that could not be."""

    tasks: Unit
    pictures: tuple[Picture | None, ...]
    failed: tuple[JobFailed, ...] = ()


class ReadAhead:
    """Takes units and reads their pictures in a thread of its own, one unit ahead. Use it with `with`."""

    def __init__(self, units: Iterator[Unit | None]) -> None:
        self._units, self._stopped, self.started = units, threading.Event(), threading.Event()
        self._inbox: queue.Queue[Read | BaseException | None] = queue.Queue(1)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> ReadAhead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    @property
    def waiting(self) -> bool:
        """Whether a unit waits to be taken."""
        return not self._inbox.empty()

    def take(self) -> Read | None:
        """The next unit, once it is there; None after the last. Raises what taking a unit has raised."""
        item = self._inbox.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def _work(self) -> None:
        _take_one_core()
        self.started.set()
        try:
            for unit in self._units:
                if self._stopped.is_set():
                    return
                if unit is None:
                    time.sleep(PAUSE)
                else:
                    self._put(_read(unit))
            self._put(None)
        except BaseException as error:  # raised again where the units are waited for
            self._put(error)

    def _put(self, item: Read | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                return self._inbox.put(item, timeout=PAUSE)
            except queue.Full:
                continue


def _read(unit: Unit) -> Read:
    tasks, pictures, failed = [], [], []
    for task in unit:
        source = task.job.source if task.job.film is None else None  # a film reads its own
        try:
            pictures.append(None if source is None else read_picture(source))
            tasks.append(task)
        except DreamerError as error:
            failed.append(JobFailed(task.job, error))
    return Read(tuple(tasks), tuple(pictures), tuple(failed))


def _write(task: Task, still: Still, network: Network, seconds: float) -> JobEvent:
    try:
        return write_still(task.job, still, network, task.recipe, seconds)
    except DreamerError as error:
        return JobFailed(task.job, error)


def write_still(job: Job, still: Still, network: Network, recipe: Recipe | None, seconds: float) -> JobDone:
    """Write a rendered picture to the job's output. Raises OutputError."""
    text = None if recipe is None else _told(recipe, job, network).to_json()
    write_picture(job.output, still.pixels, alpha=still.alpha, recipe=text)
    height, width = still.pixels.shape[1:]
    return JobDone(job, seconds, width, height)


def write_film(job: Job, network: Network, recipe: Recipe | None, listen: Callable[[JobEvent], None]) -> JobDone:
    """Render what is missing of a film and write it to the job's output. Raises the errors of `dreamer.errors`."""
    from dreamer.jobs.films import render_film  # needs ffmpeg, which stills do without

    began = time.perf_counter()
    film = render_film(
        job,
        network,
        None if recipe is None else _told(recipe, job, network),
        listen=lambda event: listen(JobProgress(job, event)),
        on_frame=lambda number, count: listen(FrameDone(job, number, count)),
    )
    return JobDone(job, time.perf_counter() - began, film.width, film.height, film.frames, film.seam)


def _told(recipe: Recipe, job: Job, network: Network) -> Recipe:
    """The recipe with what only its rendering knows."""
    codec = {"codec": film_codec(job.output, job.film.codec).name} if job.film else {}
    facts = {
        **codec,
        "weights": network.weights_digest,
        "device": network.reason,
        "precision": str(network.precision).removeprefix("torch."),
        "torch": torch.__version__,
    }
    return replace(recipe, facts=facts)
