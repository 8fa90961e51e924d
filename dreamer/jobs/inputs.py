"""What inputs name: folders with all that is in them, patterns, files, and noise. Imports no torch."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath

from dreamer.errors import NoInputError, did_you_mean
from dreamer.film.codecs import is_film
from dreamer.pictures.names import is_picture_name, is_side_folder, natural_order
from dreamer.refusals import refusal

NOISE = "noise"
_PATTERN = frozenset("*?[")


@dataclass(frozen=True)
class Input:
    """A picture or clip, or None for noise. `path`: its path below the folder that was named, without the suffix."""

    source: Path | None
    path: PurePath

    @property
    def is_clip(self) -> bool:
        """Whether it is a film rather than a picture."""
        return self.source is not None and is_film(self.source)


NO_INPUT = Input(None, PurePath(NOISE))


def find_inputs(
    texts: Sequence[str],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    apart_from: Path | None = None,
    below: bool = True,
) -> list[Input]:
    """The inputs that `texts` name, each once, in natural order within a folder.

    A folder stands for all pictures in it, and below it where `below` is true; hidden ones are left out, links are
    followed, but never in a circle. `include` and `exclude`: patterns such as "*.jpg" or "2019/*", against the name and
    the path below the folder; they choose among what folders and patterns hold. Nothing in `apart_from`, where the
    outputs go, is an input.
    Raises NoInputError for a name that is not there, a folder that cannot be listed, or where nothing is left.
    """
    several = sum(Path(text).is_dir() for text in texts) > 1
    inputs: dict[Path | None, Input] = {}
    for text in texts:
        path = Path(text)
        if text == NOISE and not path.exists():
            named = [NO_INPUT]
        elif path.is_dir():
            root = PurePath(path.resolve().name) if several else PurePath()
            pictures = _walk(path, apart_from, below=below)
            inside = ((picture, picture.relative_to(path)) for picture in pictures)
            named = [
                Input(picture, root / name.with_suffix(""))
                for picture, name in inside
                if _chosen(name, include, exclude)
            ]
        elif os.path.lexists(path):
            named = [Input(path, PurePath(path.stem))]
        elif _PATTERN & set(text):
            matches = sorted((Path(match) for match in glob.glob(text, recursive=True)), key=_path_order)
            pictures = (path for path in matches if _chosen(path, include, exclude) and _is_input(path))
            named = [Input(path, PurePath(path.stem)) for path in pictures]
        else:
            raise no_such_input(text)
        if not named:
            chosen = " that --include and --exclude leave" if include or exclude else ""
            raise NoInputError(f"there are no pictures{chosen}", where=text)
        for new in named:
            inputs.setdefault(new.source, new)
    return list(inputs.values())


def no_such_input(text: str) -> NoInputError:
    """The error for an input that is not there, with the names beside it that are spelled alike."""
    path = Path(text)
    return NoInputError("no such file or folder", where=text, remedy=did_you_mean(path.name, _siblings(path)))


def _siblings(path: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return []


def _is_input(path: Path) -> bool:
    return is_picture_name(path) and not path.is_dir()


def _chosen(path: PurePath, include: Sequence[str], exclude: Sequence[str]) -> bool:
    def matches(pattern: str) -> bool:
        return fnmatch(path.name, pattern) or fnmatch(path.as_posix(), pattern)

    return (not include or any(map(matches, include))) and not any(map(matches, exclude))


def _walk(root: Path, apart_from: Path | None, *, below: bool) -> Iterator[Path]:
    """The pictures in a folder, and below it, folder by folder in natural order."""
    left_out = apart_from.resolve() if apart_from is not None else None
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(root, followlinks=True, onerror=_unlisted):
        status = os.stat(folder)
        here = Path(folder)
        if (status.st_dev, status.st_ino) in seen or (left_out is not None and here.resolve() == left_out):
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted((name for name in folders if not is_side_folder(name, names)), key=_name_order)
        yield from (here / name for name in sorted(names, key=_name_order) if is_picture_name(name))
        if not below:
            return


def _unlisted(error: OSError) -> None:
    raise refusal(NoInputError, "this folder cannot be listed", error, error.filename) from error


def _name_order(name: str) -> tuple[list[str | int], str]:
    return natural_order(Path(name))


def _path_order(path: Path) -> list[tuple[list[str | int], str]]:
    return [_name_order(part) for part in path.parts]
