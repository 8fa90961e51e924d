"""A job: one input by one preset to one output; its key, and what has become of it. Nothing here imports torch."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dreamer.bounded import regular
from dreamer.errors import DreamerError, PictureError
from dreamer.jobs.journal import Journal
from dreamer.jobs.sounds import hearing_key
from dreamer.jobs.view import View, variants_of
from dreamer.jobs.work import megapixel_steps, source_size
from dreamer.pictures.names import output_format
from dreamer.pictures.settings import DEFAULT_SETTINGS, FileSettings
from dreamer.presets.dump import to_json
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.lookup import resolve_picture
from dreamer.presets.source.named_files import named_files, with_song_named
from dreamer.recipes import Recipe, read_own_recipe
from dreamer.refusals import refusal, refusals_told

if TYPE_CHECKING:
    from dreamer.pictures import Picture

State = Literal["new", "done", "stale", "exists", "failed", "broken"]


@dataclass(frozen=True)
class FilmSettings:
    """How a film is written. `span`: first and last (exclusive) shown frame; `report`: where its measures go."""

    codec: str | None = None
    quality: int | None = None
    span: tuple[int | None, int | None] = (None, None)
    keep_frames: bool = True
    report: Path | None = None


@dataclass(frozen=True)
class Conditions:
    """What pixels depend on beside the job itself; None leaves it to whoever runs the job.

    `precision`: "float32" or "bfloat16"; `threads`: of the processor, for one picture; `together`: how many pictures go
    through the network at once, because its libraries choose the order of sums by the size of a batch.
    """

    precision: str | None = None
    threads: int | None = None
    together: int | None = None


@dataclass(frozen=True)
class Job:
    """One input x one preset -> one output.

    `source`: a file, a picture in memory, or None where the canvas starts without one. `output`: None where the picture
    stays in memory. `film` is there where the output is a film. `variant`: the preset's name with its swept values.
    `files`: how a picture's file is made. `view`: what the output shows where it is not the dream itself.

    What `examined` finds out: `key`, empty where the input cannot be read; `state`: new; done (this very job made its
    output); stale (another job of dreamer did); exists (a file that dreamer did not write is in the way); failed (tried
    before, for `reason`); broken (its input cannot be read: `error`). `reason` is also why an output got another name.
    `size`: (height, width) in px of the input. `work`: megapixel-steps. `recipe`: made when the job is begun, for its
    output.
    """

    source: Path | Picture | None
    preset: Preset
    preset_name: str
    output: Path | None = None
    film: FilmSettings | None = None
    variant: str = ""
    conditions: Conditions = Conditions()
    files: FileSettings = DEFAULT_SETTINGS
    view: View | None = None
    key: str = field(default="", compare=False)
    state: State = field(default="new", compare=False)
    reason: str = field(default="", compare=False)
    error: DreamerError | None = field(default=None, compare=False)
    size: tuple[int, int] | None = field(default=None, compare=False)
    work: float = field(default=0.0, compare=False)
    recipe: Recipe | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The input's file name, or what the canvas starts as."""
        return (self.source.name if self.source is not None else "") or self.preset.canvas.start_name

    @property
    def place(self) -> str:
        """The output's path: what identifies a job within a run."""
        return "" if self.output is None else str(self.output)

    @property
    def path(self) -> Path | None:
        """The input's file, where it is one."""
        return self.source if isinstance(self.source, Path) else None

    @property
    def is_film(self) -> bool:
        """Whether the output is a film: one of its own, or of how a still came to be."""
        return self.film is not None or (self.view is not None and self.view.kind == "growth")

    def file_identity(self) -> dict[str, Any]:
        """What of `files` changes the bytes of the output; empty where all is as by default, and for films."""
        if self.output is None or self.is_film:
            return {}
        return self.files.identity(output_format(self.output))

    def read_files(self) -> list[Path]:
        """The input's file and those that the preset names."""
        named = [resolve_picture(text) for text in named_files(self.preset)]
        return [self.path, *named] if self.path is not None else named


Task = tuple[Job, ...]
"""Jobs that go through the network together: stills of one size and preset, but for what targets select. A film is
alone."""


def examined(job: Job, journal: Journal | None = None) -> Job:
    """The job with its key, state, size and work; `journal` knows what has become of it before."""
    try:
        with refusals_told():
            size = source_size(job.source)
            key = job_key(job)
            work = _work(job, size)
            state, reason = _state(job, key, journal)
    except DreamerError as error:
        entry = journal.entry(job.output) if journal is not None and job.output is not None else None
        known = entry is not None and entry.state == "failed" and not entry.key
        reason = error.what if isinstance(error, PictureError) else str(error)
        return replace(job, state="failed" if known else "broken", reason=reason, error=error)
    return replace(job, key=key, state=state, reason=reason, size=size, work=work)


def _work(job: Job, size: tuple[int, int] | None) -> float:
    if job.view is not None and job.view.kind == "variants":
        return sum(megapixel_steps(each, size, film=False) for each in variants_of(job.preset, job.view.count))
    return megapixel_steps(job.preset, size, film=job.film is not None)


def job_key(job: Job) -> str:
    """Digest of all that the output comes from: the input's bytes, the resolved preset with the files that it names,
    what was heard in its song, how the file is made, and the numbers of dreamer's major version and of its mathematics.

    Raises PictureError for files that cannot be read, SoundError for a song.
    """
    from dreamer import ENGINE, __version__

    preset = to_json(with_song_named(job.preset))
    digest = hashlib.sha256(f"{__version__.split('.')[0]}\n{ENGINE}\n{preset}\n".encode())
    digest.update(source_digest(job).encode())
    if identity := job.file_identity():
        digest.update(json.dumps(identity, sort_keys=True).encode())
    if job.view is not None:
        digest.update(str(job.view).encode())
    for text in named_files(job.preset):
        digest.update(file_digest(resolve_picture(text)).encode())
    digest.update(hearing_key(job.preset).encode())
    return digest.hexdigest()[:32]


def source_digest(job: Job) -> str:
    """SHA-256 of the input file's bytes; empty for a picture that comes from no file, or where there is none."""
    if job.source is None:
        return ""
    return file_digest(job.path) if job.path is not None else job.source.digest  # type: ignore[union-attr]


def _state(job: Job, key: str, journal: Journal | None) -> tuple[State, str]:
    if job.output is None:
        return "new", ""
    if os.path.lexists(job.output):
        made = None if journal is None else journal.made(job.output)
        if made is None:
            recipe = read_own_recipe(job.output)
            if recipe is None:
                return "exists", ""
            made = recipe.key
        return ("done" if made == key else "stale"), ""
    entry = None if journal is None else journal.entry(job.output)
    if entry is not None and entry.key == key and entry.state == "failed":
        return "failed", entry.error
    return "new", ""


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises PictureError where it cannot be read."""
    try:
        status = regular(path).stat()
        return _digest_of(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise refusal(PictureError, "cannot be read", error, path) from error


@lru_cache(maxsize=1 << 16)
def _digest_of(path: Path, changed: int, size: int) -> str:
    """Read once for each content, however many presets dream over it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_recipe(job: Job, **facts: str) -> Recipe | None:
    """The recipe of an examined job, with what only its rendering knows (weights, device, precision ...).

    None where the input comes from no file, so that nobody could render it again.
    """
    from dreamer import __version__

    digest = source_digest(job)
    if job.source is not None and not digest:
        return None
    name = job.source.name if job.source is not None else ""
    files, view = FileSettings(**job.file_identity()), "" if job.view is None else str(job.view)
    return Recipe(job.key, job.preset, job.preset_name, name, digest, __version__, facts, files, view)
