"""What a person sees while jobs run: a live bar on a terminal, plain lines off it, or JSON. All on stderr."""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dreamer.dreaming.events import OctaveStarted, StepDone, TileHalved
from dreamer.jobs.events import (
    FrameDone,
    JobDone,
    JobEvent,
    JobFailed,
    JobProgress,
    JobSkipped,
    JobStarted,
    NetworkReady,
)

STYLES = ("auto", "rich", "plain", "json", "none")
# Reading an objective waits for the device, so it is not done at every step.
SECONDS_BETWEEN_READINGS = 0.25


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


def open_display(style: str, *, jobs: int, quiet: bool = False, verbose: bool = False) -> Display:
    """The display for a style: auto is rich on a terminal and plain elsewhere; `quiet` shows failures only."""
    console = Console(stderr=True)
    if style == "auto":
        style = "rich" if console.is_terminal and not console.is_dumb_terminal else "plain"
    if quiet or style == "none":
        return Lines(verbose=False, quiet=True)
    if style == "json":
        return JsonLines()
    return Live(console, jobs, verbose) if style == "rich" else Lines(verbose=verbose, quiet=False)


class Lines:
    """A plain line for each outcome."""

    def __init__(self, *, verbose: bool, quiet: bool) -> None:
        self.verbose, self.quiet = verbose, quiet

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def __call__(self, event: JobEvent) -> None:
        """Say the event in a line, where it has one."""
        line = describe(event, verbose=self.verbose)
        if line and (isinstance(event, JobFailed) or not self.quiet):
            self.say(line)

    def say(self, line: str) -> None:
        """Write one line to stderr."""
        click.echo(line, err=True)


class JsonLines(Lines):
    """A JSON object for each event."""

    def __init__(self) -> None:
        super().__init__(verbose=True, quiet=False)

    def __call__(self, event: JobEvent) -> None:
        """Write the event as JSON."""
        self.say(json.dumps(event_facts(event), ensure_ascii=False))


class Live(Lines):
    """One bar over all jobs, with octave, step and objective of the current one."""

    def __init__(self, console: Console, jobs: int, verbose: bool) -> None:
        super().__init__(verbose=verbose, quiet=False)
        self.console, self.jobs, self.finished = console, jobs, 0
        self.bar = Progress(
            TextColumn("{task.fields[name]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[detail]}"),
            console=console,
            transient=True,
        )
        self.task: TaskID = self.bar.add_task("", total=jobs, name="", detail="loading")
        self.read_at = 0.0
        self.film = False
        self.frame: FrameDone | None = None

    def __enter__(self) -> Live:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def say(self, line: str) -> None:
        """Write one line above the bar."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def __call__(self, event: JobEvent) -> None:
        """Move the bar, and say the event where it has a line."""
        super().__call__(event)
        if isinstance(event, JobStarted):
            self.film = event.job.film is not None
            self.bar.update(self.task, name=_escaped(event.job.name), detail=event.job.preset_name)
        elif isinstance(event, (JobDone, JobFailed, JobSkipped)):
            self.finished, self.frame = self.finished + 1, None
            self.bar.update(self.task, completed=self.finished)
        elif isinstance(event, FrameDone):
            self.frame = event
            self.bar.update(self.task, completed=self.finished + event.number / event.count)
        elif isinstance(event, JobProgress) and isinstance(event.event, StepDone):
            self._step(event.event)

    def _step(self, step: StepDone) -> None:
        if time.monotonic() - self.read_at < SECONDS_BETWEEN_READINGS:
            return
        self.read_at = time.monotonic()
        detail = (
            f"octave {step.octave}/{step.octaves} {step.width} x {step.height}  "
            f"step {step.step}/{step.steps}  objective {float(step.objective.mean()):.4g}"
        )
        if event := self.frame:
            self.bar.update(self.task, detail=f"frame {event.number + 1}/{event.count}  {detail}")
        elif self.film:
            self.bar.update(self.task, detail=f"first frame  {detail}")
        else:
            self.bar.update(self.task, completed=self.finished + step.work, detail=detail)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def describe(event: JobEvent, *, verbose: bool = False) -> str:
    """One plain line for an event; empty where it is not worth one."""
    match event:
        case NetworkReady():
            return f"network {event.name}: {event.reason}"
        case JobStarted():
            return f"[{event.number}/{event.count}] {event.job.name} with {event.job.preset_name}" if verbose else ""
        case JobProgress(event=OctaveStarted() as octave):
            tiles = f", tiles of {octave.tile} px" if octave.tile else ""
            size = f"{octave.width} x {octave.height}"
            return f"  octave {octave.octave}/{octave.octaves}: {size}, {octave.steps} steps{tiles}" if verbose else ""
        case JobProgress(event=TileHalved() as halved):
            return f"out of memory; going on with tiles of {halved.tile} px"
        case JobSkipped():
            return f"done already: {event.job.output}"
        case FrameDone():
            return f"  frame {event.number}/{event.count}" if verbose else ""
        case JobDone():
            frames = f", {event.frames} frames" if event.frames else ""
            return f"{event.job.output}  {event.width} x {event.height}{frames}, {event.seconds:.1f} s"
        case JobFailed():
            return f"failed: {event.error}"
    return ""


def event_facts(event: JobEvent) -> dict[str, object]:
    """An event as plain values with stable keys."""
    match event:
        case NetworkReady():
            return {"event": "network", "name": event.name, "reason": event.reason}
        case JobProgress(event=StepDone() as step):
            return {
                "event": "step",
                "output": str(event.job.output),
                "octave": step.octave,
                "step": step.step,
                "objective": float(step.objective.mean()),
                "work": round(step.work, 4),
            }
        case JobProgress(event=OctaveStarted() as octave):
            return {"event": "octave", "output": str(event.job.output), "octave": octave.octave, "tile": octave.tile}
        case JobProgress(event=TileHalved() as halved):
            return {"event": "tile", "output": str(event.job.output), "tile": halved.tile}
        case JobStarted():
            return {"event": "started", "input": event.job.name, "output": str(event.job.output)}
        case JobSkipped():
            return {"event": "skipped", "output": str(event.job.output)}
        case FrameDone():
            return {"event": "frame", "output": str(event.job.output), "frame": event.number, "frames": event.count}
        case JobDone():
            facts = {"event": "done", "output": str(event.job.output), "seconds": round(event.seconds, 3)}
            return facts if event.seam is None else {**facts, "frames": event.frames, "seam": round(event.seam, 3)}
        case JobFailed():
            return {"event": "failed", "output": str(event.job.output), "error": str(event.error)}
    return {}
