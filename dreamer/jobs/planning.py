"""From inputs and presets to jobs, each with its output and state. Nothing here imports torch or writes a file."""

from __future__ import annotations

import hashlib
import os
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from dreamer.errors import NoInputError, OutputError, PictureError, UsageError, did_you_mean
from dreamer.pictures.names import find_pictures
from dreamer.presets.dump import to_json
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.files import named_files
from dreamer.presets.source.lookup import resolve_picture
from dreamer.recipes import Recipe, read_own_recipe

NOISE = "noise"
DEFAULT_TEMPLATE = "outputs/{preset}/{stem}.png"
FILM_TEMPLATE = "outputs/{preset}/{stem}.mp4"
FIELDS = ("preset", "stem", "name", "network", "seed")

State = Literal["new", "done", "stale", "exists"]


@dataclass(frozen=True)
class FilmSettings:
    """How a film is written. `span`: first and last (exclusive) shown frame; `report`: where its measures go."""

    codec: str | None = None
    quality: int | None = None
    span: tuple[int | None, int | None] = (None, None)
    keep_frames: bool = True
    report: Path | None = None


@dataclass(frozen=True)
class Job:
    """One input x one preset -> one output. `source` is None where the canvas starts as noise or gray.

    `film` is there where the output is a film.
    """

    source: Path | None
    preset: Preset
    preset_name: str
    output: Path
    film: FilmSettings | None = None

    @cached_property
    def key(self) -> str:
        """Digest of the input's bytes, the resolved preset and the files that it names, and dreamer's major version."""
        from dreamer import __version__

        digest = hashlib.sha256(f"{__version__.split('.')[0]}\n{to_json(self.preset)}\n".encode())
        for path in self.files():
            digest.update(file_digest(path).encode())
        return digest.hexdigest()[:32]

    def files(self) -> list[Path]:
        """The input and the files that the preset names."""
        named = [resolve_picture(text) for text in named_files(self.preset)]
        return [self.source, *named] if self.source else named

    @property
    def name(self) -> str:
        """The input's file name, or what the canvas starts as."""
        return self.source.name if self.source else self.preset.canvas.start

    @cached_property
    def state(self) -> State:
        """new: no output yet; done: this very job made it; stale: another dream did; exists: not dreamer's file."""
        if not os.path.lexists(self.output):
            return "new"
        recipe = read_own_recipe(self.output)
        if recipe is None:
            return "exists"
        return "done" if recipe.key == self.key else "stale"


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises PictureError where it cannot be read."""
    try:
        status = path.stat()
        return _digest_of(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror}", where=str(path)) from error


@lru_cache(maxsize=1 << 16)
def _digest_of(path: Path, changed: int, size: int) -> str:
    """Read once for each content, however many presets dream over it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_inputs(inputs: Sequence[str]) -> list[Path | None]:
    """The pictures that `inputs` name: files, folders (their pictures in natural order), or `noise` (None).

    Raises NoInputError for a name that is not there or a folder without pictures.
    """
    found: list[Path | None] = []
    for text in inputs:
        path = Path(text)
        if text == NOISE and not path.exists():
            found.append(None)
        elif path.is_dir():
            pictures = find_pictures(path)
            if not pictures:
                raise NoInputError("no pictures in this folder", where=text)
            found.extend(pictures)
        elif path.exists():
            found.append(path)
        else:
            raise near_input(text)
    return list(dict.fromkeys(found))


def near_input(text: str) -> NoInputError:
    """The error for an input that is not there, with the names beside it that are spelled alike."""
    path = Path(text)
    return NoInputError("no such file or folder", where=text, remedy=did_you_mean(path.name, _siblings(path)))


def _siblings(path: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return []


def plan_jobs(
    sources: Sequence[Path | None], presets: Sequence[tuple[str, Preset]], template: str = DEFAULT_TEMPLATE
) -> list[Job]:
    """Every source with every (name, preset). A photo sets `canvas.start` to "photo", no photo unsets it.

    `template`: an output path with {preset}, {stem}, {name}, {network} and {seed}; a folder where it ends in a slash.
    Raises UsageError where two jobs would write one file or the template has an unknown field.
    """
    jobs = []
    for source in sources:
        for name, preset in presets:
            fitted = fitted_to(preset, with_photo=source is not None)
            jobs.append(Job(source, fitted, name, _output(template, source, name, fitted)))
    refuse_collisions(jobs)
    return jobs


def fitted_to(preset: Preset, *, with_photo: bool) -> Preset:
    """The preset whose canvas starts as a photo, or as noise where it was to start as one and there is none."""
    start = preset.canvas.start
    if with_photo == (start == "photo"):
        return preset
    canvas = preset.canvas.model_copy(update={"start": "photo" if with_photo else "noise"})
    return preset.model_copy(update={"canvas": canvas})


def _output(template: str, source: Path | None, preset_name: str, preset: Preset) -> Path:
    if template.endswith(("/", os.sep)) or Path(template).is_dir():
        template = f"{template.rstrip('/')}/{{stem}}-{{preset}}.png"
    fields = {
        "preset": preset_name,
        "stem": source.stem if source else preset.canvas.start,
        "name": source.name if source else preset.canvas.start,
        "network": Path(preset.network.name).stem,
        "seed": str(preset.seed),
    }
    try:
        for _, field, _, _ in string.Formatter().parse(template):
            if field is not None and field not in fields:
                known = ", ".join(f"{{{each}}}" for each in FIELDS)
                raise UsageError(f"unknown field {{{field}}}", where=f"--output {template}", remedy=f"Known: {known}.")
        return Path(template.format_map(fields))
    except ValueError as error:
        raise UsageError(str(error), where=f"--output {template}") from error


def refuse_collisions(jobs: Iterable[Job]) -> None:
    """Raise UsageError where two jobs would write one file, OutputError where one would overwrite its input."""
    taken: dict[Path, Job] = {}
    for job in jobs:
        place = job.output.absolute()
        if job.source is not None and place == job.source.absolute():
            raise OutputError("the output would overwrite the input", where=str(job.output))
        other = taken.setdefault(place, job)
        if other is not job:
            raise UsageError(
                f"{other.name} ({other.preset_name}) and {job.name} ({job.preset_name}) would both be written here",
                where=str(job.output),
                remedy="Add {stem}, {name} or {preset} to --output.",
            )


def make_recipe(job: Job, **facts: str) -> Recipe:
    """The recipe of a job, with what only its rendering knows (network digest, device, precision)."""
    from dreamer import __version__

    digest = file_digest(job.source) if job.source else ""
    return Recipe(
        job.key, job.preset, job.preset_name, job.source.name if job.source else "", digest, __version__, facts
    )
