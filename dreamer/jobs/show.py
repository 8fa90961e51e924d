"""Dreams to files: a still, and what else is shown of its dream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from dreamer.atomic import discard
from dreamer.dreaming.events import DreamEvent, DreamWarning, Listener, ignore
from dreamer.errors import DreamerError
from dreamer.jobs.events import JobDone, JobFailed
from dreamer.jobs.job import Job, Task
from dreamer.jobs.octaves import octaves_file
from dreamer.jobs.sheets import compared, variants_sheet
from dreamer.jobs.stills import Still
from dreamer.jobs.view import variants_of
from dreamer.pictures import Picture
from dreamer.presets.model.schema import Preset
from dreamer.refusals import refusals_told

if TYPE_CHECKING:
    from dreamer.jobs.growth import GrowthFilm

Render = Callable[[Preset, Listener], Still]


def shown(jobs: Task, photo: Picture | None, render: Render, facts: Mapping[str, str]) -> Iterator[JobDone | JobFailed]:
    """Render the dream that `jobs` share, and write what each of them shows of it.

    Raises the errors of `dreamer.errors` for the dream itself.
    """
    began = time.perf_counter()
    first = jobs[0]
    if first.view is not None and first.view.kind == "variants":
        presets = variants_of(first.preset, first.view.count)
        still = variants_sheet([render(preset, ignore) for preset in presets], first.preset.seed)
        yield write_still(first, still, facts, time.perf_counter() - began)
        return
    with ExitStack() as stack:
        films = [(job, stack.enter_context(_growth_film(job, photo, facts))) for job in jobs if job.is_film]

        def hear(event: DreamEvent) -> None:
            for _, film in films:
                film.hear(event)

        still = render(first.preset, hear)
        seconds = (time.perf_counter() - began) / len(jobs)
        yield from [_finished(job, film, still, seconds) for job, film in films]
    for job in jobs:
        if not job.is_film:
            before = None if job.view is None else photo
            picture = still if before is None else compared(still, before, first.preset.canvas.wraps)
            yield write_still(job, picture, facts, seconds)


def _growth_film(job: Job, photo: Picture | None, facts: Mapping[str, str]) -> GrowthFilm:
    from dreamer.jobs.growth import GrowthFilm  # needs ffmpeg, which stills do without

    return GrowthFilm(job, photo, _recipe_text(job, facts))


def _finished(job: Job, film: GrowthFilm, still: Still, seconds: float) -> JobDone | JobFailed:
    try:
        film.finish(still.pixels)
    except DreamerError as error:
        return JobFailed(job, error)
    return JobDone(job, seconds, film.width, film.height, film.frames)


def _recipe_text(job: Job, facts: Mapping[str, str]) -> str | None:
    return None if job.recipe is None else replace(job.recipe, facts=facts).to_json()


def write_still(job: Job, still: Still, facts: Mapping[str, str], seconds: float) -> JobDone | JobFailed:
    """Write a rendered picture to the job's output, or hand it over where it has none."""
    height, width = still.pixels.shape[1:]
    text = _recipe_text(job, facts)
    if job.output is None:
        return JobDone(job, seconds, width, height, still=replace(still, recipe=text), warnings=still.warnings)
    try:
        with refusals_told():
            notes = replace(still, recipe=text).write(job.output, job.files)
        discard(octaves_file(job.output))
    except DreamerError as error:
        return JobFailed(job, error)
    warnings = (*still.warnings, *(DreamWarning("output_file", note) for note in notes))
    return JobDone(job, seconds, width, height, warnings=warnings)
