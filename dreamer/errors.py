"""Every error that dreamer raises on purpose, in one tree.

    DreamerError                 a message for a person: what, where, and what to do
    ├── PresetError              a preset (or an override) is wrong
    ├── UsageError               a command line asks for something impossible
    ├── TargetError              a layer, kernel, unit or class that the network does not have
    ├── PictureError             a picture cannot be read
    ├── NoInputError             nothing matched the inputs
    ├── OutputError              an output cannot be written
    ├── NetworkError             a network is unknown or cannot be built
    │   └── WeightsError         its weights are missing, damaged or do not fit
    ├── DeviceError              a device is missing or out of memory
    ├── FilmError                a film cannot be read or encoded
    │   └── ToolError            ffmpeg is missing
    ├── SoundError               a song cannot be read or heard
    └── TrainingError            photographs or settings from which nothing can be learned

Only `dreamer.cli` turns them into exit codes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dreamer.texts import harmless

__all__ = [
    "DeviceError",
    "DreamerError",
    "FilmError",
    "NetworkError",
    "NoInputError",
    "OutputError",
    "PictureError",
    "PresetError",
    "SoundError",
    "TargetError",
    "ToolError",
    "TrainingError",
    "UsageError",
    "WeightsError",
]


class DreamerError(Exception):
    """A mistake or a missing thing that a person can correct.

    `what` is wrong, at `where` (a file, a place in it, an option); `remedy` is what to do about it. `refused`: whether
    it is not that something is wrong or missing, but that the system has refused it, which it may not do again.
    """

    refused = False

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what, self.where, self.remedy = what, where, remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  {self.remedy}" if self.remedy else ""
        return harmless(f"{place}{self.what}{advice}")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.__dict__.copy())


def _rebuild(kind: type[DreamerError], state: dict[str, object]) -> DreamerError:
    """Recreate an error on the far side of a process boundary, whatever its constructor takes."""
    error = kind.__new__(kind)
    Exception.__init__(error, state.get("what"))
    error.__dict__.update(state)
    return error


@dataclass(frozen=True)
class Diagnostic:
    """One mistake in a preset, as data; as text, the line that a person reads."""

    message: str
    # What kind of mistake it is, such as "unknown_key", "missing", "misfit" or "contradiction".
    kind: str = "other"
    # The keys, and numbers of items, that lead to the value.
    path: tuple[str | int, ...] = ()
    # Where it is one of the keyframes at `path`: its time as it is written.
    time: str | None = None
    # The file that it is in, or what else the value comes from: "--set", "recipe".
    file: str | None = None
    # Counted from 1.
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = ".".join(str(part) for part in self.path)
        subject = key if self.time is None else f'{key} at "{self.time}"'
        return ": ".join(part for part in (place, subject, self.message) if part)


class PresetError(DreamerError):
    """A preset is wrong; all mistakes are reported at once.

    `mistakes` lists a line of text for each, with its place; `diagnostics` is the same as data.
    """

    def __init__(
        self, mistakes: Sequence[str | Diagnostic], *, where: str | None = None, remedy: str | None = None
    ) -> None:
        diagnostics = [Diagnostic(mistake) if isinstance(mistake, str) else mistake for mistake in mistakes]
        lines = [str(diagnostic) for diagnostic in diagnostics]
        what = lines[0] if len(lines) == 1 else "\n".join([f"{len(lines)} mistakes", *(f"  {line}" for line in lines)])
        super().__init__(what, where=where, remedy=remedy)
        self.mistakes, self.diagnostics = lines, diagnostics


class UsageError(DreamerError):
    """A command line asks for something impossible."""


class TargetError(DreamerError):
    """A layer, kernel, unit or class that the network does not have."""


class PictureError(DreamerError):
    """A picture cannot be read."""


class NoInputError(DreamerError):
    """Nothing matched the inputs."""


class OutputError(DreamerError):
    """An output cannot be written."""


class FilmError(DreamerError):
    """A film cannot be read or encoded."""


class ToolError(FilmError):
    """ffmpeg is missing."""


class SoundError(DreamerError):
    """A song cannot be read or heard."""


class NetworkError(DreamerError):
    """A network is unknown or cannot be built."""


class WeightsError(NetworkError):
    """Weights are missing, damaged or do not fit the network."""


class DeviceError(DreamerError):
    """A device is missing or out of memory."""


class TrainingError(DreamerError):
    """Photographs or settings from which nothing can be learned."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The `count` names of `known` that are spelled most like `name`, the best first; case is ignored."""
    by_lower: dict[str, str] = {}
    for spelling in known:
        by_lower.setdefault(spelling.lower(), spelling)
    wanted = name.lower()
    close = difflib.get_close_matches(wanted, by_lower, n=count, cutoff=0.6)
    containing = sorted((lower for lower in by_lower if len(wanted) > 2 and wanted in lower), key=len)
    return [by_lower[lower] for lower in list(dict.fromkeys([*close, *containing]))[:count]]


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A remedy such as "Did you mean 'maxpool2'?", or None where no known name is similar."""
    close = nearest(name, known)
    if not close:
        return None
    return f"Did you mean {' or '.join(map(repr, close))}?"
