"""Tasks to files: what every executor runs, in this process or another."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import torch

from dreamer.devices import processor_name
from dreamer.dreaming.events import DreamEvent, Listener
from dreamer.errors import DeviceError, DreamerError, NetworkError, TargetError
from dreamer.film.codecs import film_codec
from dreamer.jobs.events import (
    FrameDone,
    JobDone,
    JobEvent,
    JobFailed,
    JobListener,
    JobProgress,
    JobStarted,
    NetworkReady,
)
from dreamer.jobs.job import Job, Task
from dreamer.jobs.octaves import is_large_still, octave_store
from dreamer.jobs.read_ahead import ReadAhead, ReadTask, take_one_core
from dreamer.jobs.show import shown, write_still
from dreamer.jobs.sounds import song_facts
from dreamer.jobs.stills import Still, render_stills
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import Preset
from dreamer.refusals import refusals_told

# Networks that stay in memory; a batch goes through its jobs network by network.
NETWORKS = 2


class Renderer:
    """Does tasks one after the other, each network loaded once.

    While one is computed the next one's pictures are read and the last one's written, by threads of their own.
    `network`: one that is loaded already, for all jobs. `beside`: further devices, which share the tiles of large
    stills. `threads`: of the processor; None: as torch has.
    `listen` hears what happens within a job; it is called in the thread that iterates over `run`.
    """

    def __init__(
        self,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        network: Network | None = None,
        beside: Sequence[str] = (),
        listen: JobListener = lambda event: None,
    ) -> None:
        self._device, self._precision, self._threads, self._listen = device, precision, threads, listen
        self._beside, self._networks_beside = beside, dict[tuple[str, str], list[Network]]()
        self._network = network
        self._networks: dict[tuple[str, str], Network] = {}
        self._refused: dict[object, DreamerError] = {}
        self._writing: deque[Future[JobDone | JobFailed]] = deque()

    def run(self, tasks: Iterator[Task | None]) -> Iterator[JobEvent | None]:
        """Events of every task: each job ends as JobDone or JobFailed. `tasks` may yield None: nothing at the moment.

        Raises DeviceError where the device is missing, for then nothing can be done.
        """
        self._writing.clear()
        threads = torch.get_num_threads()
        with ReadAhead(tasks) as reads, ThreadPoolExecutor(1, initializer=take_one_core) as writer:
            reads.started.wait()
            writer.submit(int).result()
            # For this thread and for MKL, after the helpers have asked for less.
            torch.set_num_threads(self._threads or threads)
            try:
                while True:
                    if not reads.waiting:  # nothing to compute: report the last pictures now
                        yield from self._written(at_most=0)
                    task = reads.take()
                    if task is None:
                        break
                    yield from task.failed
                    if task.jobs:
                        yield from self._task(task, writer)
                    yield from self._written(at_most=len(task.jobs))
                yield from self._written(at_most=0)
            finally:
                torch.set_num_threads(threads)

    def unheard(self) -> list[JobDone | JobFailed]:
        """What was written while the last `run` was being broken off."""
        return list(self._written(at_most=0))

    def _written(self, *, at_most: int) -> Iterator[JobDone | JobFailed]:
        """The outcomes of what is written, and of what must be waited for so that `at_most` files go on waiting."""
        while self._writing and (self._writing[0].done() or len(self._writing) > at_most):
            yield self._writing.popleft().result()

    def _task(self, task: ReadTask, writer: ThreadPoolExecutor) -> Iterator[JobEvent]:
        first = task.jobs[0]
        try:
            with refusals_told():
                network = self._network_for(first)
            if error := self._refused.get(repr(first.preset)):
                raise error
        except DeviceError:
            raise
        except DreamerError as error:
            yield from (JobFailed(job, error) for job in task.jobs)
            return
        with _threads(first.conditions.threads):
            yield from (JobStarted(job) for job in task.jobs)
            if first.film is not None:
                yield self._film(first, network)
                return
            if any(job.view is not None for job in task.jobs):
                yield from self._views(task, network)
                return
            began = time.perf_counter()
            try:
                with refusals_told():
                    stills = self._stills(task, network)
            except DreamerError as error:
                yield from self._apart(task, network, error)
                return
            seconds = (time.perf_counter() - began) / len(task.jobs)
            facts = render_facts(network, first.conditions.together or len(task.jobs))
        for job, still in zip(task.jobs, stills, strict=True):
            self._writing.append(writer.submit(write_still, job, still, facts, seconds))

    def _views(self, task: ReadTask, network: Network) -> Iterator[JobEvent]:
        """What the jobs of one dream show of it."""
        first, picture, together = task.jobs[0], task.pictures[0], len(task.jobs)

        def rendered(preset: Preset, listen: Listener) -> Still:
            def hear(event: DreamEvent) -> None:
                listen(event)
                self._listen(JobProgress(first, event, together))

            return render_stills(preset, network, [picture], others=self._others(first, network), listen=hear)[0]

        try:
            with refusals_told():
                outcomes = list(shown(task.jobs, picture, rendered, render_facts(network)))
        except DreamerError as error:
            outcomes = [JobFailed(job, error) for job in task.jobs]
        yield from outcomes

    def _apart(self, task: ReadTask, network: Network, error: DreamerError) -> Iterator[JobEvent]:
        """A task that failed as a whole: where more memory, or other targets, may help its jobs are done one by one."""
        preset = task.jobs[0].preset
        if isinstance(error, TargetError) and all(job.preset == preset for job in task.jobs):
            self._refused[repr(preset)] = error  # every job of this preset would fail alike
        alike = isinstance(error, TargetError) and repr(preset) in self._refused
        if len(task.jobs) == 1 or alike or not isinstance(error, (DeviceError, TargetError)):
            yield from (JobFailed(job, error) for job in task.jobs)
            return
        for job, picture in zip(task.jobs, task.pictures, strict=True):
            began = time.perf_counter()
            try:
                with refusals_told():
                    (still,) = self._stills(ReadTask((job,), (picture,)), network)
            except DreamerError as own:
                yield JobFailed(job, own)
            else:
                yield write_still(job, still, render_facts(network), time.perf_counter() - began)

    def _network_for(self, job: Job) -> Network:
        if self._network is not None:
            return self._network
        choice, precision = job.preset.network, job.conditions.precision or self._precision
        name = repr(choice), precision
        if name in self._refused:
            raise self._refused[name]
        if name not in self._networks:
            while len(self._networks) >= NETWORKS:
                self._networks.pop(next(iter(self._networks)))
            try:
                network = load_network(choice, device=self._device, precision=precision)
            except NetworkError as error:
                self._refused[name] = error
                raise
            self._networks[name] = network
            self._listen(NetworkReady(network.name, network.reason))
        return self._networks[name]

    def _stills(self, task: ReadTask, network: Network) -> list[Still]:
        first, together = task.jobs[0], len(task.jobs)
        # A picture that was made among others is made again among copies of itself.
        copies = (first.conditions.together or 1) if together == 1 else 1
        targets = [job.preset.targets for job in task.jobs] * copies
        alike = task.pictures[0] is not None and all(own == targets[0] for own in targets)
        stills = render_stills(
            first.preset,
            network,
            task.pictures * copies,
            targets=None if alike or len(targets) == 1 else targets,
            others=self._others(first, network),
            store=octave_store(first, render_facts(network)),
            listen=lambda event: self._listen(JobProgress(first, event, together)),
        )
        return stills[:together]

    def _others(self, job: Job, network: Network) -> list[Network]:
        """The network on the other devices, which share the tiles of a large still."""
        if not self._beside or not is_large_still(job):
            return []
        name = repr(job.preset.network), str(network.precision).removeprefix("torch.")
        if name not in self._networks_beside:
            choice = job.preset.network
            self._networks_beside = {
                name: [load_network(choice, device=each, precision=name[1]) for each in self._beside]
            }
        return self._networks_beside[name]

    def _film(self, job: Job, network: Network) -> JobEvent:
        try:
            with refusals_told():
                return write_film(job, network, self._listen)
        except DreamerError as error:
            return JobFailed(job, error)


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Let torch compute on `count` threads meanwhile, where it is given."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def write_film(job: Job, network: Network, listen: JobListener) -> JobDone:
    """Render what is missing of a film and write it to the job's output. Raises the errors of `dreamer.errors`."""
    from dreamer.jobs.films import output_of, render_film  # needs ffmpeg, which stills do without

    began = time.perf_counter()
    codec = film_codec(output_of(job), job.film.codec if job.film else None)
    facts = {"codec": codec.name, **song_facts(job.preset), **render_facts(network)}
    film = render_film(
        job,
        network,
        None if job.recipe is None else replace(job.recipe, facts=facts),
        listen=lambda event: listen(JobProgress(job, event)),
        on_frame=lambda number, count: listen(FrameDone(job, number, count)),
    )
    seconds = time.perf_counter() - began
    return JobDone(job, seconds, film.width, film.height, film.frames, film.seam, warnings=film.warnings)


def render_facts(network: Network, together: int = 1) -> dict[str, str]:
    """What pixels depend on beside the preset and the input, for the recipe: asked in the thread that computes.

    `together`: pictures that went through the network at once.
    """
    shared = {"together": str(together)} if together > 1 else {}
    return {
        "weights": network.weights_digest,
        "device": network.reason,
        "precision": str(network.precision).removeprefix("torch."),
        "processor": processor_name(network.device),
        "threads": str(torch.get_num_threads()),
        "torch": torch.__version__,
        **shared,
    }
