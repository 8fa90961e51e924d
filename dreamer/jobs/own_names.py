"""Names of their own for outputs that would overwrite what other settings made. Imports no torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from dreamer import __version__
from dreamer.jobs.film_keys import has_frames_of_another
from dreamer.jobs.job import Job, examined, source_digest
from dreamer.presets.differences import differences
from dreamer.presets.source.named_files import portable_paths
from dreamer.recipes import Recipe, read_own_recipe

LISTED = 3
_NONE: Mapping[str, str] = MappingProxyType({})


def with_own_names(plan: Sequence[Job], replaceable: Mapping[str, str] = _NONE) -> list[Job]:
    """A plan whose jobs leave alone what other settings made or have begun: fox.png becomes fox-2.png, and so on.

    A job takes the first number that is free, or the one that it made before: then it is done. Its `reason` says why.
    `replaceable`: by a job's key the key of the job whose file it may overwrite, as a film does that goes on.
    """
    taken = {job.output.absolute() for job in plan if job.output is not None}
    named = []
    for job in plan:
        own = _named(job, taken, replaceable.get(job.key)) if _would_overwrite(job) else job
        named.append(own)
        taken |= {own.output.absolute()} if own.output is not None else set()
    return named


def _named(job: Job, taken: set[Path], replaceable: str | None) -> Job:
    """A stale job with the first output that it may write, or has written."""
    for number, output in enumerate(_numbered(job.output or Path()), 1):
        if number > 1 and output.absolute() in taken:
            continue
        candidate = examined(replace(job, output=output))
        if candidate.state in ("new", "done") and not _would_overwrite(candidate):
            return replace(candidate, reason=f"{job.output} {_why(job)}; --force overwrites it")
        if candidate.state == "stale" and replaceable is not None:
            made = read_own_recipe(output)
            if made is not None and made.key == replaceable:
                return candidate
    raise AssertionError("numbers have no end")


def _would_overwrite(job: Job) -> bool:
    """Whether what other settings made is at a job's output: a file, or the frames of a film that is not finished."""
    unfinished = job.state == "new" and job.film is not None and job.output is not None
    return job.state == "stale" or (unfinished and has_frames_of_another(job.output or Path(), job))


def _numbered(output: Path) -> Iterator[Path]:
    """The path itself, and then those with numbers behind its stem."""
    yield output
    yield from (output.with_name(f"{output.stem}-{number}{output.suffix}") for number in itertools.count(2))


def _why(job: Job) -> str:
    """What the file at a stale job's output was made from that the job is not."""
    if job.state == "new":
        return "is being filmed with other settings, and its frames are kept"
    made = None if job.output is None else read_own_recipe(job.output)
    if made is None:
        return "was made by another job"
    keys = differences(made.preset, portable_paths(job.preset))
    if keys:
        rest = f" and {len(keys) - LISTED} more" if len(keys) > LISTED else ""
        return f"was made with another {', '.join(keys[:LISTED])}{rest}"
    if made.view != ("" if job.view is None else str(job.view)):
        return f"shows something else: {made.view or 'a dream alone'}"
    files = _differing_files(made, job)
    return f"was made with another {', '.join(files)}" if files else f"was made {_beyond_settings(made, job)}"


def _differing_files(made: Recipe, job: Job) -> list[str]:
    """How the file was made that the job would make otherwise."""
    before, now = made.files.model_dump(exclude_defaults=True), job.file_identity()
    return sorted(key for key in {*before, *now} if before.get(key) != now.get(key))


def _beyond_settings(made: Recipe, job: Job) -> str:
    if made.input_digest != source_digest(job):
        return "from another picture"
    same_version = made.version == __version__
    return "with other contents of a file that the preset names" if same_version else "by another version of dreamer"
