"""Events of jobs as lines for people and as facts for programs, and how far a still is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict

from dreamer.dreaming.events import OctaveStarted, StepDone, TileDone, TileHalved, Warned
from dreamer.jobs.events import (
    FrameDone,
    JobDone,
    JobEvent,
    JobFailed,
    JobMoved,
    JobProgress,
    JobSkipped,
    JobStarted,
    NetworkReady,
)


def describe(event: JobEvent, *, verbose: bool = False) -> str:
    """One plain line for an event; empty where it is not worth one."""
    match event:
        case NetworkReady():
            return f"network {event.name}: {event.reason}"
        case JobStarted():
            # Of a job that is tried again the reason is the last failure, which would read as a new one.
            renamed = event.job.reason if event.job.state != "failed" else ""
            lines = [renamed, f"{event.job.name} with {event.job.preset_name}" if verbose else ""]
            return "\n".join(line for line in lines if line)
        case JobProgress(event=OctaveStarted() as octave):
            tiles = f", tiles of {octave.tile} px" if octave.tile else ""
            size = f"{octave.width} x {octave.height}"
            return f"  octave {octave.octave}/{octave.octaves}: {size}, {octave.steps} steps{tiles}" if verbose else ""
        case JobProgress(event=TileHalved() as halved):
            return f"out of memory; going on with tiles of {halved.tile} px"
        case JobSkipped():
            return f"done already: {event.job.place}"
        case FrameDone():
            return f"  frame {event.number}/{event.count}" if verbose else ""
        case JobDone():
            frames = f", {event.frames} frames" if event.frames else ""
            return f"{event.job.place}  {event.width} x {event.height}{frames}, {event.seconds:.1f} s"
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
                "output": event.job.place,
                "octave": step.octave,
                "step": step.step,
                "objective": float(step.objective.mean()),
                "work": round(step.work, 4),
            }
        case JobProgress(event=TileDone() as tile):
            return {
                "event": "tile_done",
                "output": event.job.place,
                "octave": tile.octave,
                "step": tile.step,
                "tile": tile.tile,
                "tiles": tile.tiles,
                "work": round(tile.work, 4),
            }
        case JobProgress(event=OctaveStarted() as octave):
            return {"event": "octave", "output": event.job.place, "octave": octave.octave, "tile": octave.tile}
        case JobProgress(event=TileHalved() as halved):
            return {"event": "tile", "output": event.job.place, "tile": halved.tile}
        case JobProgress(event=Warned() as warned):
            return {"event": "warning", "output": event.job.place, **asdict(warned.warning)}
        case JobStarted():
            return {
                "event": "started",
                "input": event.job.name,
                "output": event.job.place,
                "reason": event.job.reason,
            }
        case JobSkipped():
            return {"event": "skipped", "output": event.job.place}
        case FrameDone():
            return {"event": "frame", "output": event.job.place, "frame": event.number, "frames": event.count}
        case JobMoved():
            return {"event": "moved", "output": event.job.place, "work": round(event.share, 4)}
        case JobDone():
            film = {} if event.seam is None else {"frames": event.frames, "seam": round(event.seam, 3)}
            warnings = [asdict(warning) for warning in event.warnings]
            place, seconds = event.job.place, round(event.seconds, 3)
            return {"event": "done", "output": place, "seconds": seconds, **film, "warnings": warnings}
        case JobFailed():
            return {"event": "failed", "output": event.job.place, "error": str(event.error)}
    return {}


class TimeLeft:
    """How long what is being done will take, from the time that its last shares took."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._share = clock, 1.0
        self._began, self._first = 0.0, 0.0

    def after(self, share: float) -> float | None:
        """Seconds left where `share` is done; None as long as that is unknown. A smaller share begins anew."""
        if share < self._share:
            self._began, self._first = self._clock(), share
        self._share = share
        done = share - self._first
        return (self._clock() - self._began) * (1 - share) / done if done > 0 else None


def moving(event: JobEvent) -> StepDone | TileDone | None:
    """The engine's report of how far a still is, where an event is one."""
    inner = event.event if isinstance(event, JobProgress) and event.job.film is None else None
    return inner if isinstance(inner, (StepDone, TileDone)) else None


def place_of(moved: StepDone | TileDone) -> str:
    """Octave, step and tile, for people."""
    tile = f", tile {moved.tile}/{moved.tiles}" if isinstance(moved, TileDone) else ""
    return f"octave {moved.octave}/{moved.octaves}, step {moved.step}/{moved.steps}{tile}"
