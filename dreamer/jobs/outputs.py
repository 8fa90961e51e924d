"""Where outputs go: templates of paths with fields in braces. Imports no torch."""

from __future__ import annotations

import os
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dreamer.errors import OutputError, UsageError
from dreamer.film.codecs import film_codec
from dreamer.jobs.first_target import target_fields
from dreamer.jobs.inputs import Input
from dreamer.jobs.job import Job
from dreamer.pictures.names import require_writer
from dreamer.presets.model.schema import Preset

_OLD_FIELDS = {"place": "path"}


@dataclass(frozen=True)
class OutputTemplate:
    """A path with fields in braces to be filled in.

    {variant}, {preset}, {path}, {stem}, {name}, {network}, {seed}; and {layer}, {kernel}, {class} of the first target.

    `folder`: where a relative path starts, taken as it is, braces and all. `suffixes`: added behind the path, the first
    of a picture, the second of a film; without them the text has its own. `in_folder`: the name of a picture and of a
    film where the text is a folder's; None where the output is to be a folder. `option`: where the text comes from, for
    messages.
    """

    text: str
    option: str = "--output"
    folder: Path = Path()
    suffixes: tuple[str, str] | None = None
    in_folder: tuple[str, str] | None = ("{stem}-{variant}.png", "{stem}-{variant}.mp4")

    def path(self, source: Input, variant: str, preset_name: str, preset: Preset, *, film: bool) -> Path:
        """The path of one job. Raises UsageError for an unknown field."""
        start = preset.canvas.start_name
        fields = {
            "variant": variant,
            "preset": preset_name,
            "path": str(source.path) if source.source else start,
            "stem": source.path.name if source.source else start,
            "name": source.source.name if source.source else start,
            **preset_fields(preset),
        }
        return self.filled(fields | {old: fields[new] for old, new in _OLD_FIELDS.items()}, film=film)

    def filled(self, fields: Mapping[str, str], *, film: bool = False) -> Path:
        """The path with other fields than those of a plan. Raises UsageError for an unknown one."""
        text = self.text
        names_folder = text.endswith(("/", os.sep)) or Path(text).is_dir()
        if self.suffixes is None and self.in_folder is not None and names_folder:
            text = f"{text.rstrip('/')}/{self.in_folder[film]}"
        try:
            for _, field, _, _ in string.Formatter().parse(text):
                if field is not None and field not in fields:
                    known = ", ".join(f"{{{name}}}" for name in fields if name not in _OLD_FIELDS)
                    where = f"{self.option} {text}"
                    raise UsageError(f"unknown field {{{field}}}", where=where, remedy=f"Known: {known}.")
            filled = text.format_map(fields)
        except ValueError as error:
            remedy = "Write fields as {stem}, and a brace itself as {{ or }}."
            raise UsageError(str(error), where=f"{self.option} {text}", remedy=remedy) from error
        return self.folder / (filled if self.suffixes is None else f"{filled}.{self.suffixes[film]}")


def preset_fields(preset: Preset) -> dict[str, str]:
    """The fields of templates that a preset fills in: {network}, {seed}, {layer}, {kernel} and {class}."""
    return {"network": Path(preset.network.name).stem, "seed": str(preset.seed), **target_fields(preset)}


def kept_apart(jobs: Iterable[Job]) -> list[Job]:
    """The jobs, each once; where inputs differ in their suffix alone the later ones keep it in their outputs' names."""
    taken: dict[Path | None, Job] = {}
    apart: list[Job] = []
    for job in jobs:
        other = taken.get(job.output)
        if other is not None and other == job:
            continue  # named twice
        if other is not None and job.output is not None and _differ_in_suffix(job.path, other.path):
            view = "" if job.view is None else f"-{job.view.kind}"
            job = replace(job, output=job.output.with_name(f"{job.name}{view}{job.output.suffix}"))
        taken.setdefault(job.output, job)
        apart.append(job)
    return apart


def _differ_in_suffix(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and one != other and one.with_suffix("") == other.with_suffix("")


def check_outputs(jobs: Iterable[Job], option: str) -> None:
    """Refuse, before any work, what could not be written.

    Raises UsageError where two jobs would write one file; OutputError where one would overwrite its input, where a
    suffix names no format that can be written here, and where a file stands in place of a folder.
    """
    taken: dict[Path, Job] = {}
    folders: set[Path] = set()
    for job in jobs:
        if job.output is None:
            continue
        place = job.output.absolute()
        if job.path is not None and place == job.path.absolute():
            raise OutputError("the output would overwrite the input", where=str(job.output))
        other = taken.setdefault(place, job)
        if other is not job:
            raise UsageError(
                f"{other.name} ({other.preset_name}) and {job.name} ({job.preset_name}) would both be written here",
                where=str(job.output),
                remedy=f"Add fields such as {{stem}} or {{name}} to {_option_of(job, option)}, until no two are alike.",
            )
        _check_format(job, job.output)
        folders.add(place.parent)
    for folder in folders:
        _check_folder(folder, option)


def _option_of(job: Job, option: str) -> str:
    """The option that says where a job's output goes."""
    return "--growth" if job.view is not None and job.view.kind == "growth" else option


def _check_format(job: Job, output: Path) -> None:
    if job.is_film:
        film_codec(output, job.film.codec if job.film else None)
    else:
        require_writer(output)


def _check_folder(folder: Path, option: str) -> None:
    """Raise OutputError where the folder cannot be made because a file has its name, or that of one above it."""
    there = next((place for place in (folder, *folder.parents) if os.path.lexists(place)), None)
    if there is not None and not there.is_dir():
        remedy = f"Choose another {option}, or move the file away."
        raise OutputError("a file is where a folder is needed", where=str(there), remedy=remedy)
