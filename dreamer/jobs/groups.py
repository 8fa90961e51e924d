"""Which jobs go through the network together, and how many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dreamer.dreaming.octaves import output_size
from dreamer.jobs.job import Job

# Stills of one preset and size go through the network together while they have no more pixels than this: larger
# ones keep a processor busy alone, and gain nothing but memory.
TOGETHER_PX = 8 * 256 * 256
TOGETHER = 8
# The kinds of target that pictures without a photo may share a pass with, each with the field by which they differ.
_SELECTING = {"layer": None, "kernels": "kernels", "unit": "unit", "class": "class_", "direction": "direction"}
_UNSELECTED = {field: None for field in _SELECTING.values() if field is not None}


def grouped(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Jobs that go through the network together: stills of one size whose presets differ in nothing but what the
    targets select; and a still with its other views."""
    alike: dict[object, list[Job]] = {}
    shown = {_dream(job) for job in jobs if job.view is not None}
    for job in jobs:
        alike.setdefault(_dream(job) if _dream(job) in shown else _likeness(job), []).append(job)
    for likeness, group in alike.items():
        together = len(group) if likeness in shown else _together(group[0])
        for first in range(0, len(group), together):
            yield group[first : first + together]


def _dream(job: Job) -> object:
    """Equal for jobs that show the same dream."""
    return "dream", job.path or id(job.source), repr(job.preset), job.film, job.conditions


def _likeness(job: Job) -> object:
    """Equal for jobs that may go through the network together."""
    if job.film is not None or not _can_be_shared(job):
        return job.place
    if job.source is not None:
        return job.variant, repr(job.preset), job.size, job.conditions
    # Without a photo the same targets would only give the same picture again; other targets share the noise.
    targets = tuple(target.model_copy(update=_UNSELECTED) for target in job.preset.targets)
    return job.variant, repr(job.preset.model_copy(update={"targets": targets})), job.conditions


def _can_be_shared(job: Job) -> bool:
    """Whether a job without a photo shares a pass with others: only where its targets' weights are at rest."""
    if job.source is not None:
        return job.size is not None
    weights = {target.weight for target in job.preset.targets}
    return weights == {1.0} and all(target.kind in _SELECTING for target in job.preset.targets)


def _together(job: Job) -> int:
    """How many jobs like this one go through the network at once."""
    if job.film is not None or job.conditions.together is not None:
        return 1
    height, width = output_size(job.preset, job.size)
    return max(1, min(TOGETHER, round(TOGETHER_PX / (height * width))))
