"""A planned batch through an executor: each job claimed, done, journaled, and never twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dreamer.dreaming.octaves import canvas_size
from dreamer.errors import DreamerError, PictureError
from dreamer.jobs.batch.claims import Claims
from dreamer.jobs.batch.journal import Entry, Journal
from dreamer.jobs.batch.planning import PlannedJob
from dreamer.jobs.events import JobDone, JobEvent, JobFailed
from dreamer.jobs.executors import Executor
from dreamer.jobs.planning import make_recipe
from dreamer.jobs.rendering import Task, Unit

# Stills of one preset and size go through the network together while they have no more pixels than this: larger
# ones keep a processor busy alone, and gain nothing but memory.
TOGETHER_PX = 8 * 256 * 256
TOGETHER = 8


@dataclass(frozen=True)
class Choices:
    """Which jobs of a plan are to be done, and when to stop.

    `again`: those that failed before; `stale`: those whose output was made from something else; `force`: all, over
    any file. `fail_fast`: start nothing after the first failure. `limit`: start at most so many.
    """

    again: bool = False
    stale: bool = False
    force: bool = False
    fail_fast: bool = False
    limit: int | None = None
    with_recipe: bool = True


@dataclass
class Tally:
    """What became of the jobs of a batch, in numbers.

    `skipped`: done already. `failed`: reasons by output, of those that failed before, too. `elsewhere`: other processes
    are at them. `left`: wanted, but not begun.
    """

    done: int = 0
    skipped: int = 0
    stale: int = 0
    in_the_way: int = 0
    elsewhere: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    left: int = 0


def chosen_jobs(plan: Sequence[PlannedJob], choices: Choices) -> list[PlannedJob]:
    """The jobs of a plan that are to be done, in an order that loads each network once."""
    # What is broken is begun once, so that its failure is told and journaled.
    states = {"new", "broken"} | ({"failed"} if choices.again else set()) | ({"stale"} if choices.stale else set())
    wanted = plan if choices.force else [each for each in plan if each.state in states]
    networks = list(dict.fromkeys(repr(each.job.preset.network) for each in wanted))
    wanted = sorted(wanted, key=lambda each: networks.index(repr(each.job.preset.network)))
    return wanted[: choices.limit]


class BatchRun:
    """One run over a planned batch in `folder`.

    `listen` hears the executor's events. The tally is right at any moment, also when the run is broken off.
    """

    def __init__(
        self,
        plan: Sequence[PlannedJob],
        folder: Path,
        journal: Journal,
        choices: Choices,
        listen: Callable[[JobEvent], None],
    ) -> None:
        self.tally = Tally()
        self._journal, self._choices, self._listen = journal, choices, listen
        self._claims = Claims(folder)
        self._by_output = {str(each.job.output): each for each in plan}
        self._known = {output: journal.entry(each.job.output) for output, each in self._by_output.items()}
        self._todo = chosen_jobs(plan, choices)
        self._unstarted: deque[JobFailed] = deque()
        self._failing = False
        self.tally.left = len(self._todo)
        self._count_the_rest(plan)

    def run(self, executor: Executor, heartbeat: Callable[[], None] = lambda: None) -> Tally:
        """Do what is to be done. `heartbeat` is called often; what it raises ends the run with nothing lost.

        Raises DeviceError where a device is missing, OutputError where the journal cannot be written.
        """
        events = executor.run(self._units())
        try:
            for event in events:
                self._settle_unstarted()
                if event is not None:
                    self._heard(event)
                heartbeat()
            self._settle_unstarted()
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
            self._claims.release_all()
        return self.tally

    def _heard(self, event: JobEvent) -> None:
        if isinstance(event, (JobDone, JobFailed)):
            self._settle(event)
        self._listen(event)

    def _settle_unstarted(self) -> None:
        """Units may be asked for in another thread; what fails there is told in the one that runs the batch."""
        while self._unstarted:
            self._heard(self._unstarted.popleft())

    def _count_the_rest(self, plan: Sequence[PlannedJob]) -> None:
        todo = {str(each.job.output) for each in self._todo}
        for each in plan:
            if str(each.job.output) in todo:
                continue
            if each.state == "done":
                self.tally.skipped += 1
            elif each.state == "stale":
                self.tally.stale += 1
            elif each.state == "exists":
                self.tally.in_the_way += 1
            else:
                self.tally.failed[str(each.job.output)] = each.reason

    def _units(self) -> Iterator[Unit]:
        """Claimed tasks, those of one preset and size together."""
        number = 0
        for group in _groups(self._todo):
            tasks: list[Task] = []
            for each in group:
                if self._choices.fail_fast and (self._failing or self._unstarted):
                    return
                number += 1
                if self._claimed(each):
                    task = self._task(each, number)
                    tasks += [task] if task else []
            if tasks:
                yield tuple(tasks)

    def _claimed(self, each: PlannedJob) -> bool:
        """Whether the job is this run's to do: nobody has it, and nobody has done it since it was planned."""
        if not self._claims.take(each.job.output):
            self.tally.elsewhere += 1
            self.tally.left -= 1
            return False
        self._journal.refresh()
        entry = self._journal.entry(each.job.output)
        if entry is None or entry == self._known[str(each.job.output)]:
            return True
        self._claims.release(each.job.output)
        self.tally.left -= 1
        if entry.state == "done":
            self.tally.skipped += 1
        else:
            self.tally.failed[entry.output] = entry.error
        return False

    def _task(self, each: PlannedJob, number: int) -> Task | None:
        try:
            if not each.key:
                raise PictureError(each.reason, where=str(each.job.source))
            recipe = make_recipe(each.job) if self._choices.with_recipe else None
        except DreamerError as error:
            self._unstarted.append(JobFailed(each.job, error))
            return None
        return Task(each.job, recipe, number, len(self._todo))

    def _settle(self, event: JobDone | JobFailed) -> None:
        each = self._by_output[str(event.job.output)]
        done = isinstance(event, JobDone)
        error = "" if isinstance(event, JobDone) else str(event.error)
        self._journal.append(
            Entry(
                key=each.key,
                output=str(each.job.output),
                state="done" if done else "failed",
                input=str(each.job.source or each.job.name),
                preset=each.variant,
                network=each.job.preset.network.name,
                error=error,
                seconds=round(event.seconds, 4) if isinstance(event, JobDone) else 0.0,
                work=round(each.work, 6),
            )
        )
        self._claims.release(each.job.output)
        self.tally.left -= 1
        if done:
            self.tally.done += 1
        else:
            self._failing = True
            self.tally.failed[str(each.job.output)] = error


def _groups(jobs: Sequence[PlannedJob]) -> Iterator[list[PlannedJob]]:
    """Jobs that go through the network together: stills of one preset over photos of one size."""
    alike: dict[tuple[str, str, tuple[int, int] | None], list[PlannedJob]] = {}
    for each in jobs:
        alike.setdefault((each.variant, repr(each.job.preset), each.size), []).append(each)
    for group in alike.values():
        together = _together(group[0])
        for first in range(0, len(group), together):
            yield group[first : first + together]


def _together(each: PlannedJob) -> int:
    """How many jobs like this one go through the network at once."""
    preset = each.job.preset
    if each.job.film is not None or each.job.source is None or each.size is None:
        return 1
    height, width = canvas_size(preset.canvas, each.size)
    return max(1, min(TOGETHER, round(TOGETHER_PX / (height * width * preset.octaves.output_scale**2))))
