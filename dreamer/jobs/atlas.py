"""Atlases as jobs: a picture for every subject, drawn many at a time, each as it would be drawn alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dreamer.inspection.atlas import Subject
from dreamer.jobs.job import Job, examined
from dreamer.jobs.studies import Studies


def plan_atlas(studies: Studies, subjects: Sequence[Subject], folder: Path) -> list[Job]:
    """A job for every subject, with the preset of its layer, into `folder`/GROUP/NAME.png."""
    return [
        examined(
            Job(
                None,
                studies.of(subject.layer).model_copy(update={"targets": subject.targets}),
                studies.name,
                folder / subject.group / f"{subject.name}.png",
                variant=studies.name,
            )
        )
        for subject in subjects
    ]
