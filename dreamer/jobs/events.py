"""What a run of jobs reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dreamer.errors import DreamerError
from dreamer.jobs.job import Job

if TYPE_CHECKING:
    from dreamer.dreaming.events import DreamEvent, DreamWarning
    from dreamer.jobs.stills import Still


@dataclass(frozen=True)
class NetworkReady:
    """A network is loaded; `reason` says which device and precision were chosen, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class JobStarted:
    """A job begins."""

    job: Job


@dataclass(frozen=True)
class JobProgress:
    """The engine reports from within a job, or from `together` jobs that go through the network with it."""

    job: Job
    event: DreamEvent
    together: int = 1


@dataclass(frozen=True)
class JobMoved:
    """A worker elsewhere has done `share` (0 to 1) of a job, and of those `together` with it; sent now and then."""

    job: Job
    share: float
    together: int = 1


@dataclass(frozen=True)
class FrameDone:
    """Frame `number` of the `count` that a film shows is on its way to the encoder."""

    job: Job
    number: int
    count: int


@dataclass(frozen=True)
class JobSkipped:
    """Nothing to do: the output is there already."""

    job: Job


@dataclass(frozen=True)
class JobDone:
    """The output is written, after `seconds` of work. Size in px. `still`: the picture, of a job without an output.

    Of a film, `frames` are those that it shows and `seam` how well its end meets its beginning (about 1: no jump).
    `warnings`: why the picture, or the film, may not be what was wanted, although nothing failed.
    """

    job: Job
    seconds: float
    width: int
    height: int
    frames: int | None = None
    seam: float | None = None
    still: Still | None = None
    warnings: tuple[DreamWarning, ...] = ()


@dataclass(frozen=True)
class JobFailed:
    """The job could not be done; the others go on."""

    job: Job
    error: DreamerError


Result = JobDone | JobFailed | JobSkipped
JobEvent = NetworkReady | JobStarted | JobProgress | JobMoved | FrameDone | JobSkipped | JobDone | JobFailed
JobListener = Callable[[JobEvent], None]
