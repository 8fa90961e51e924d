"""How long a batch will take, from the journal's timings of similar jobs. Imports no torch."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from dreamer.jobs.job import Job
from dreamer.jobs.journal import Journal, JournalEntry

# Seconds for a megapixel-step before anything was measured: the shipped network on two processor cores.
FIRST_GUESS = 0.3


@dataclass(frozen=True)
class Estimate:
    """Seconds of computing for one worker. `measured`: whether every preset has been timed before."""

    seconds: float
    measured: bool


def estimate(jobs: Sequence[Job], journal: Journal) -> Estimate:
    """The time that `jobs` will take: by the speed of their own presets, else of their networks, else a guess."""
    entries = [entry for entry in journal.entries() if entry.state == "done" and entry.work and entry.seconds]
    seconds, measured = 0.0, True
    for job in jobs:
        rates = _rates(entries, preset=job.variant) or _rates(entries, network=job.preset.network.name)
        measured = measured and bool(rates)
        seconds += job.work * (statistics.median(rates) if rates else FIRST_GUESS)
    return Estimate(seconds, measured)


def _rates(entries: Sequence[JournalEntry], **wanted: str) -> list[float]:
    return [
        entry.seconds / entry.work
        for entry in entries
        if all(getattr(entry, name) == value for name, value in wanted.items())
    ]
