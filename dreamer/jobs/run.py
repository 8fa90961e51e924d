"""Planned jobs through an executor, each done once: chosen and counted; with a journal, remembered."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dreamer.errors import DreamerError, NetworkError, OutputError, TargetError, ToolError, UsageError
from dreamer.jobs.claims import Claims, taken_elsewhere
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobListener, JobSkipped
from dreamer.jobs.executors import Executor
from dreamer.jobs.groups import grouped
from dreamer.jobs.job import Job, Task, examined, make_recipe
from dreamer.jobs.journal import Journal, JournalEntry


@dataclass(frozen=True)
class Choices:
    """Which jobs of a plan are to be done, and when to stop.

    `again`: those that failed before; `stale`: those whose output was made from something else; `force`: all, over
    any file. `fail_fast`: start nothing after the first failure. `keep_going`: count as a failure of each job even what
    every job fails from. `limit`: start at most this many. `with_recipe`: whether outputs hold their recipes.
    """

    again: bool = False
    stale: bool = False
    force: bool = False
    fail_fast: bool = False
    keep_going: bool = False
    limit: int | None = None
    with_recipe: bool = True


@dataclass
class Tally:
    """What became of the jobs of a run, in numbers.

    `skipped`: done already. `in_the_way`: of files that dreamer did not write. `elsewhere`: others are at them.
    `failed`: reasons by output, of those that failed before, too. `left`: chosen but not started.
    """

    done: int = 0
    skipped: int = 0
    stale: int = 0
    in_the_way: int = 0
    elsewhere: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    left: int = 0


def chosen_jobs(plan: Sequence[Job], choices: Choices) -> list[Job]:
    """The jobs of a plan that are to be done, in an order that loads each network once."""
    # What is broken is begun once, so that its failure is reported.
    states = {"new", "broken"}
    states |= ({"failed"} if choices.again else set()) | ({"stale"} if choices.stale else set())
    wanted = plan if choices.force else [job for job in plan if job.state in states]
    networks = list(dict.fromkeys(repr(job.preset.network) for job in wanted))
    wanted = sorted(wanted, key=lambda job: networks.index(repr(job.preset.network)))
    return wanted[: choices.limit]


class JobRun:
    """One run over planned jobs: the one engine behind every command and the library.

    A broken input fails its own job only. What every job of the run would fail from is raised: a network or tool that
    is missing, a target that the network does not have. `journal` remembers every outcome. `claims` keep other
    processes from a job while this one has it; without a journal, which shares a batch's jobs among processes, one that
    another process is at fails. `listen` hears every event. The tally is right at any moment, also when the run is
    broken off.
    """

    def __init__(
        self,
        plan: Sequence[Job],
        choices: Choices,
        listen: JobListener,
        *,
        journal: Journal | None = None,
        claims: Claims | None = None,
    ) -> None:
        self.tally = Tally()
        self._journal, self._claims, self._choices, self._listen = journal, claims, choices, listen
        self._jobs = {job.place: job for job in plan}
        self._known = {job.place: self._entry(job) for job in plan}
        self._todo = chosen_jobs(plan, choices)
        self._unstarted: deque[JobFailed | JobSkipped] = deque()
        self._failing = False
        self.tally.left = len(self._todo)
        self._rest = self._count_the_rest(plan)

    def run(self, executor: Executor, heartbeat: Callable[[], None] = lambda: None) -> Tally:
        """Do what is to be done. `heartbeat` is called often; what it raises ends the run with nothing lost.

        Raises what would fail every job, DeviceError where a device is missing, and OutputError where the journal
        cannot be written.
        """
        self._settle_finished()
        self._announce_the_rest()
        events = executor.run(self._tasks())
        try:
            for event in events:
                self._settle_unstarted()
                if event is not None:
                    self._receive(event)
                heartbeat()
            self._settle_unstarted()
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
            for outcome in executor.unheard():
                self._settle(outcome)
            if self._claims is not None:
                self._claims.release_all()
        return self.tally

    def _receive(self, event: JobEvent) -> None:
        if isinstance(event, JobFailed) and self._concerns_every_job(event):
            raise event.error
        if isinstance(event, (JobDone, JobFailed)):
            self._settle(event)
        elif isinstance(event, JobSkipped):
            self.tally.left -= 1
            self.tally.skipped += 1
        self._listen(event)

    def _concerns_every_job(self, failure: JobFailed) -> bool:
        """Whether every job of the run would fail in the same way: the fault is the command's, not a job's."""
        error, preset = failure.error, failure.job.preset
        if self._choices.keep_going:
            return False
        presets = [job.preset for job in self._jobs.values()]
        if isinstance(error, NetworkError):
            return all(other.network == preset.network for other in presets)
        if isinstance(error, TargetError):
            return all((other.network, other.targets) == (preset.network, preset.targets) for other in presets)
        films = (job.film == failure.job.film for job in self._jobs.values())
        return isinstance(error, (ToolError, UsageError)) and all(films)

    def _settle_unstarted(self) -> None:
        """Tasks may be asked for in another thread; what fails there is reported in the one that runs the jobs."""
        while self._unstarted:
            self._receive(self._unstarted.popleft())

    def _count_the_rest(self, plan: Sequence[Job]) -> list[Job]:
        """Count the jobs that are not to be done, and return those that are finished or have a file in their way."""
        todo = {job.place for job in self._todo}
        skipped = []
        for job in plan:
            if job.place in todo:
                continue
            if job.state == "done":
                self.tally.skipped += 1
                skipped.append(job)
            elif job.state == "stale":
                self.tally.stale += 1
            elif job.state == "exists":
                self.tally.in_the_way += 1
                skipped.append(job)
            elif job.state == "failed":
                self.tally.failed[job.place] = job.reason
        return skipped

    def _settle_finished(self) -> None:
        """Note of finished jobs that they are done where the last word of them is another: one for which there was no
        memory when it was looked at."""
        for job in self._rest:
            entry = self._entry(job)
            if job.state == "done" and entry is not None and entry.state == "failed":
                self._remember(job, JobSkipped(job))

    def _announce_the_rest(self) -> None:
        """Without a journal, which knows what is finished, say of each job that there is nothing to do or no way."""
        if self._journal is not None:
            return
        for job in self._rest:
            if job.state == "done":
                self._listen(JobSkipped(job))
                continue
            remedy = "Move it away, choose another --output, or use --force."
            error = OutputError("a file that dreamer did not write is in the way", where=job.place, remedy=remedy)
            self.tally.failed[job.place] = str(error)
            self._listen(JobFailed(job, error))

    def _tasks(self) -> Iterator[Task]:
        """Claimed jobs, those that go through the network together in one task."""
        for group in grouped(self._todo):
            task: list[Job] = []
            for job in group:
                failed = any(isinstance(event, JobFailed) for event in self._unstarted)
                if self._choices.fail_fast and (self._failing or failed):
                    return
                if self._claimed(job):
                    task += self._ready(job)
            if task:
                yield tuple(task)

    def _claimed(self, job: Job) -> bool:
        """Whether the job is this run's to do: nobody has it, and nobody has done it since it was planned."""
        if self._claims is None or job.output is None:
            return True
        try:
            taken = self._claims.take(job.output)
        except OutputError as error:
            self._unstarted.append(JobFailed(job, error))
            return False
        if self._journal is None:
            return self._is_unmade(job, job.output) if taken else self._left_to_others(job, job.output)
        if not taken:
            self.tally.elsewhere += 1
            self.tally.left -= 1
            return False
        self._journal.refresh()
        entry = self._entry(job)
        if entry is None or entry == self._known[job.place]:
            return self._is_unmade(job, job.output)
        self._claims.release(job.output)
        self.tally.left -= 1
        if entry.state == "done":
            self.tally.skipped += 1
        else:
            self.tally.failed[entry.output] = entry.error
        return False

    def _left_to_others(self, job: Job, output: Path) -> bool:
        self._unstarted.append(JobFailed(job, taken_elsewhere(output)))
        return False

    def _is_unmade(self, job: Job, output: Path) -> bool:
        """Whether a claimed job's output is still as it was planned: another process may just have finished it.

        The journal does not tell where that one was killed between the two.
        """
        if job.state != "new" or self._choices.force or not os.path.lexists(output):
            return True
        if examined(job).state == "done":
            self._unstarted.append(JobSkipped(job))
        else:
            own_name = "Run the command again, and it finds a name of its own."
            remedy = own_name if self._journal is None else "Move it away, or use --force."
            error = OutputError(
                "another process has written something else here meanwhile", where=job.place, remedy=remedy
            )
            self._unstarted.append(JobFailed(job, error))
        return False

    def _entry(self, job: Job) -> JournalEntry | None:
        return None if self._journal is None or job.output is None else self._journal.entry(job.output)

    def _ready(self, job: Job) -> list[Job]:
        """The job with its recipe; nothing where it cannot be begun."""
        try:
            if job.error is not None:
                raise job.error
            recipe = make_recipe(job) if self._choices.with_recipe else None
        except DreamerError as error:
            self._unstarted.append(JobFailed(job, error))
            return []
        return [replace(job, recipe=recipe)]

    def _settle(self, event: JobDone | JobFailed) -> None:
        job = self._jobs[event.job.place]
        self._remember(job, event)
        if self._claims is not None and job.output is not None:
            self._claims.release(job.output)
        self.tally.left -= 1
        if isinstance(event, JobDone):
            self.tally.done += 1
        else:
            self._failing = True
            self.tally.failed[job.place] = str(event.error)

    def _remember(self, job: Job, event: JobDone | JobFailed | JobSkipped) -> None:
        if self._journal is None:
            return
        self._journal.append(
            JournalEntry(
                key=job.key,
                output=job.place,
                state="failed" if isinstance(event, JobFailed) else "done",
                input=str(job.path or job.name),
                preset=job.variant,
                network=job.preset.network.name,
                error=str(event.error) if isinstance(event, JobFailed) else "",
                seconds=round(event.seconds, 4) if isinstance(event, JobDone) else 0.0,
                work=round(job.work, 6),
            )
        )


def journaled_run(plan: Sequence[Job], folder: Path, journal: Journal, choices: Choices, listen: JobListener) -> JobRun:
    """A run that remembers its outcomes in the folder's journal and shares the folder with other processes."""
    return JobRun(plan, choices, listen, journal=journal, claims=Claims(folder))
