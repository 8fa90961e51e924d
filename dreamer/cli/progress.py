"""What a person sees while jobs run: a live bar on a terminal, plain lines off it, or JSON. All on stderr."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dreamer.cli.event_texts import TimeLeft, describe, event_facts, moving, place_of
from dreamer.dreaming.events import StepDone, TileDone
from dreamer.jobs.events import (
    FrameDone,
    JobDone,
    JobEvent,
    JobFailed,
    JobMoved,
    JobProgress,
    JobSkipped,
)
from dreamer.jobs.job import Job
from dreamer.texts import duration, harmless, json_line

# Reading an objective waits for the device, so it is not done at every step.
SECONDS_BETWEEN_READINGS = 0.25
# What takes longer is told of in plain lines, too, so often.
SECONDS_BETWEEN_LINES = 60.0


class Display(Protocol):
    """Listens to job events between `with` and its end."""

    def __call__(self, event: JobEvent) -> None:
        """Show an event."""

    def __enter__(self) -> Display:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""


def open_display(style: str, *, work: Mapping[str, float], quiet: bool = False, verbose: bool = False) -> Display:
    """The display for a style: auto is rich on a terminal and plain elsewhere; `quiet` shows failures only.

    `work`: the outputs that are to be made, and how much each takes.
    """
    console = Console(stderr=True)
    if style == "auto":
        style = "rich" if console.is_terminal and not console.is_dumb_terminal else "plain"
    if quiet or style == "none":
        return Lines(verbose=False, quiet=True)
    if style == "json":
        return JsonLines()
    return Live(console, work, verbose) if style == "rich" else Lines(verbose=verbose, quiet=False)


class Lines:
    """A plain line for each outcome."""

    def __init__(self, *, verbose: bool, quiet: bool) -> None:
        self.verbose, self.quiet = verbose, quiet
        self.left = TimeLeft()
        self.told_at = time.monotonic()

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def __call__(self, event: JobEvent) -> None:
        """Say the event in a line, where it has one."""
        line = describe(event, verbose=self.verbose) or self._whereabouts(event)
        if line and (isinstance(event, JobFailed) or not self.quiet):
            self.say(line)
        if isinstance(event, JobDone) and not self.quiet:
            for warning in event.warnings:
                self.say(f"warning: {event.job.place}: {warning.message}")

    def say(self, line: str) -> None:
        """Write one line to stderr."""
        self.told_at = time.monotonic()
        click.echo(harmless(line), err=True)

    def _whereabouts(self, event: JobEvent) -> str:
        """How far a still is that takes long, now and then: octave, step, tile, time left."""
        moved = moving(event)
        if moved is None:
            return ""
        left = self.left.after(moved.work)
        if time.monotonic() - self.told_at < SECONDS_BETWEEN_LINES:
            return ""
        return f"  {place_of(moved)}, {moved.work:.0%}" + ("" if left is None else f", {duration(left)} left")


class JsonLines(Lines):
    """A JSON object for each event."""

    def __init__(self) -> None:
        super().__init__(verbose=True, quiet=False)

    def __call__(self, event: JobEvent) -> None:
        """Write the event as JSON."""
        moved = moving(event)
        left = None if moved is None else self.left.after(moved.work)
        self.say(json_line(event_facts(event) | ({} if left is None else {"seconds_left": round(left, 1)})))


class Live(Lines):
    """One bar over the work of all jobs, and a line for each that is being done, with octave, step and objective.

    `work`: how much each output takes, in any unit; an output that is not in it (it came later) takes the mean.
    """

    def __init__(self, console: Console, work: Mapping[str, float], verbose: bool) -> None:
        super().__init__(verbose=verbose, quiet=False)
        self.console, self.work = console, dict(work)
        self.bars = Progress(
            TextColumn("{task.fields[name]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[detail]}"),
            console=console,
            transient=True,
        )
        # A single job needs no bar beside its own.
        self.all: TaskID = self.bars.add_task("", total=None, name="", detail="loading")
        self.lines: dict[str, TaskID] = {}
        self.shares: dict[str, float] = {}
        self.finished: set[str] = set()
        self.read_at = self.done = 0.0

    def __enter__(self) -> Live:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def say(self, line: str) -> None:
        """Write one line above the bars."""
        self.console.print(harmless(line), markup=False, highlight=False, soft_wrap=True)

    def _whereabouts(self, event: JobEvent) -> str:
        return ""  # the bars show it

    def __call__(self, event: JobEvent) -> None:
        """Move the bars, and say the event where it has a line."""
        super().__call__(event)
        match event:
            case JobDone() | JobFailed():
                self._end(event.job)
            case JobSkipped():
                self.work.pop(event.job.place, None)  # its work is not done, and takes no time
                self._show_all()
            case FrameDone():
                self._move(event.job, event.number / event.count, 1, f"frame {event.number}/{event.count}")
            case JobMoved():
                self._move(event.job, event.share, event.together, event.job.preset_name)
            case JobProgress(event=StepDone() as step):
                self._step(event.job, step, event.together)
            case JobProgress(event=TileDone() as tile) if event.job.film is None:
                self._move(event.job, tile.work, event.together, place_of(tile).replace(",", " "))

    def _step(self, job: Job, step: StepDone, together: int) -> None:
        if time.monotonic() - self.read_at < SECONDS_BETWEEN_READINGS:
            return
        self.read_at = time.monotonic()
        detail = (
            f"octave {step.octave}/{step.octaves} {step.width} x {step.height}  "
            f"step {step.step}/{step.steps}  objective {float(step.objective.mean()):.4g}"
        )
        if job.film is None:
            self._move(job, step.work, together, detail)
        else:  # a frame is a small part of it
            self._move(job, self.shares.get(job.place, 0.0), 1, detail)

    def _move(self, job: Job, share: float, together: int, detail: str) -> None:
        name = _escaped(job.name) + (f" and {together - 1} more" if together > 1 else "")
        if job.place not in self.lines:
            self.lines[job.place] = self.bars.add_task("", total=1.0, name=name, detail=detail)
        self.bars.update(self.lines[job.place], completed=share, detail=detail)
        self.work.setdefault(job.place, self._mean())
        self.shares[job.place] = share * together
        self._show_all()

    def _end(self, job: Job) -> None:
        self.work.setdefault(job.place, self._mean())
        self.finished.add(job.place)
        self.shares.pop(job.place, None)
        if job.place in self.lines:
            self.bars.remove_task(self.lines.pop(job.place))
        self._show_all()

    def _show_all(self) -> None:
        done = sum(self.work[output] for output in self.finished)
        done += sum(self.work[output] * share for output, share in self.shares.items())
        # Of those that move together one ends first, and takes its share along: the bar waits for the others.
        self.done = max(self.done, done)
        self.bars.update(
            self.all,
            total=max(sum(self.work.values()), 1e-9),
            completed=self.done,
            name=f"{len(self.finished)}/{len(self.work)}",
            detail="",
            visible=len(self.work) > 1 or not self.lines,
        )

    def _mean(self) -> float:
        return sum(self.work.values()) / len(self.work) if self.work else 1.0


def _escaped(text: str) -> str:
    return harmless(text).replace("[", r"\[")
