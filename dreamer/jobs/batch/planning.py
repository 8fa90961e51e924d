"""From orders to planned jobs, each with its output, key, state and work. Imports no torch, writes nothing."""

from __future__ import annotations

import os
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from dreamer.errors import DreamerError, PictureError, PresetError, UsageError
from dreamer.jobs.batch.finding import Input, find_batch_inputs, is_clip
from dreamer.jobs.batch.journal import Journal
from dreamer.jobs.batch.orders import Order
from dreamer.jobs.batch.sweeps import combinations, label, parse_sweep
from dreamer.jobs.planning import FilmSettings, Job, fitted_to, refuse_collisions
from dreamer.jobs.work import megapixel_steps, source_size
from dreamer.presets.model.schema import Preset
from dreamer.presets.options import with_motion, with_options
from dreamer.presets.source.files import missing_files
from dreamer.presets.source.load import resolve_preset

FIELDS = ("variant", "preset", "place", "stem", "name", "network", "seed")
State = Literal["new", "done", "stale", "exists", "failed", "broken"]


@dataclass(frozen=True)
class PlannedJob:
    """A job of a batch before anything is done.

    `state`: new; done; stale (its output was made from another input or preset); exists (a file that dreamer did not
    write is in the way); failed (when it was tried before, for `reason`); broken (its input cannot be read, for
    `reason`; such a job has no key). `size`: (height, width) in px of the input. `work`: megapixel-steps.
    """

    job: Job
    variant: str
    key: str
    state: State
    reason: str = ""
    size: tuple[int, int] | None = None
    work: float = 0.0


@dataclass(frozen=True)
class Variant:
    """A preset with one combination of swept values."""

    name: str
    preset_name: str
    preset: Preset


def plan_batch(orders: Sequence[Order], folder: Path, journal: Journal) -> list[PlannedJob]:
    """Every input with every variant of every order.

    Raises, before any work: PresetError for presets that are missing or wrong, NoInputError for inputs that are not
    there or folders that cannot be listed, UsageError where two jobs would write one file.
    """
    jobs: list[tuple[Job, str]] = []
    for order in orders:
        variants = list(find_variants(order))
        inputs = find_batch_inputs(order.inputs, include=order.include, exclude=order.exclude, apart_from=folder)
        jobs += [(job, variant) for job, variant in _jobs(order, inputs, variants, folder)]
    unique = _apart(jobs)
    refuse_collisions(job for job, _ in unique)
    return [_planned(job, variant, journal) for job, variant in unique]


def find_variants(order: Order) -> Iterator[Variant]:
    """The presets of an order with all combinations of its sweep."""
    axes = [parse_sweep(text) for text in order.sweep]
    for name in order.presets:
        for values in combinations(axes):
            resolved = resolve_preset(name, [*order.set, *values])
            if missing := missing_files(resolved.preset):
                raise PresetError(missing, where=str(resolved.file), remedy="Check the paths in the preset.")
            preset = with_options(resolved.preset, size=order.size, seed=order.seed)
            if preset.animation is not None:
                preset = with_motion(preset, preview=order.preview)
            elif order.preview:
                preset = with_options(preset, preview=True)
            yield Variant(f"{resolved.name} {label(values)}".strip(), resolved.name, preset)


def _jobs(
    order: Order, inputs: Sequence[Input], variants: Sequence[Variant], folder: Path
) -> Iterator[tuple[Job, str]]:
    for each in inputs:
        for variant in variants:
            moving = variant.preset.animation is not None
            if is_clip(each) and not moving:
                raise UsageError(
                    f"{variant.preset_name} makes stills, and {each.path} is a film",
                    remedy="Use a preset with an [animation] table, or leave the film out with --exclude.",
                )
            preset = fitted_to(variant.preset, with_photo=each.path is not None)
            suffix = order.film_format if moving else order.format
            output = folder / f"{_place(order.place, each, variant, preset)}.{suffix}"
            yield Job(each.path, preset, variant.preset_name, output, FilmSettings() if moving else None), variant.name


def _place(template: str, each: Input, variant: Variant, preset: Preset) -> str:
    fields = {
        "variant": variant.name,
        "preset": variant.preset_name,
        "place": str(each.place),
        "stem": each.place.name,
        "name": each.path.name if each.path else each.place.name,
        "network": Path(preset.network.name).stem,
        "seed": str(preset.seed),
    }
    try:
        for _, field, _, _ in string.Formatter().parse(template):
            if field is not None and field not in fields:
                known = ", ".join(f"{{{name}}}" for name in FIELDS)
                raise UsageError(f"unknown field {{{field}}}", where=f"--place {template}", remedy=f"Known: {known}.")
        return template.format_map(fields)
    except ValueError as error:
        raise UsageError(str(error), where=f"--place {template}") from error


def _apart(jobs: Iterable[tuple[Job, str]]) -> list[tuple[Job, str]]:
    """Jobs of inputs that differ in their suffix alone: the later ones keep it in the names of their outputs."""
    taken: dict[Path, Job] = {}
    apart: list[tuple[Job, str]] = []
    for job, variant in jobs:
        if job.output in taken and taken[job.output] == job:
            continue  # named twice
        other = taken.get(job.output)
        if other is not None and _differ_in_suffix(job.source, other.source):
            job = replace(job, output=job.output.with_name(f"{job.name}{job.output.suffix}"))
        taken.setdefault(job.output, job)
        apart.append((job, variant))
    return apart


def _differ_in_suffix(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and one != other and one.with_suffix("") == other.with_suffix("")


def _planned(job: Job, variant: str, journal: Journal) -> PlannedJob:
    try:
        size = source_size(job)
        key = job.key
        work = megapixel_steps(job.preset, size)
    except DreamerError as error:
        entry = journal.entry(job.output)
        known = entry is not None and entry.state == "failed" and not entry.key
        return PlannedJob(job, variant, "", "failed" if known else "broken", _reason(error))
    state, reason = _state(job, key, journal)
    return PlannedJob(job, variant, key, state, reason, size, work)


def _reason(error: DreamerError) -> str:
    return error.what if isinstance(error, PictureError) else str(error)


def _state(job: Job, key: str, journal: Journal) -> tuple[State, str]:
    if os.path.lexists(job.output):
        made = journal.made(job.output)
        if made is not None:
            return ("done" if made == key else "stale"), ""
        return job.state, ""
    entry = journal.entry(job.output)
    if entry is not None and entry.key == key and entry.state == "failed":
        return "failed", entry.error
    return "new", ""
