"""Atlases as jobs: a picture for every subject, drawn many at a time, each as it would be drawn alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dreamer.inspection.atlas import Subject
from dreamer.jobs.job import Job, examined
from dreamer.presets.model.schema import Preset


def plan_atlas(preset: Preset, name: str, subjects: Sequence[Subject], folder: Path) -> list[Job]:
    """A job for every subject, with `preset` (called `name`), into `folder`/GROUP/NAME.png."""
    return [
        examined(
            Job(
                None,
                preset.model_copy(update={"targets": subject.targets}),
                name,
                folder / subject.group / f"{subject.name}.png",
                variant=name,
            )
        )
        for subject in subjects
    ]
