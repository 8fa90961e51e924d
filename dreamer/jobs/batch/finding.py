"""The inputs of a batch: folders with all that is in them, patterns, files, and noise. Imports no torch."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath

from dreamer.errors import NoInputError
from dreamer.film.codecs import is_film
from dreamer.jobs.planning import NOISE, near_input
from dreamer.pictures.names import is_picture_name, is_side_folder, natural_order

_PATTERN = frozenset("*?[")


@dataclass(frozen=True)
class Input:
    """A picture or clip, or None for noise. `place`: its path below the folder that was named, without the suffix."""

    path: Path | None
    place: PurePath


def find_batch_inputs(
    texts: Sequence[str], *, include: Sequence[str] = (), exclude: Sequence[str] = (), apart_from: Path | None = None
) -> list[Input]:
    """The inputs that `texts` name, each once, in natural order within a folder.

    A folder stands for all pictures in it and below, hidden ones left out; links are followed, but never in a circle.
    `include` and `exclude`: patterns such as "*.jpg" or "2019/*", against the name and the path below the folder;
    they choose among what folders and patterns hold. Nothing in `apart_from`, where the outputs go, is an input.
    Raises NoInputError for a name that is not there, a folder that cannot be listed, or where nothing is left.
    """
    folders = [text for text in texts if Path(text).is_dir()]
    found: dict[Path | None, Input] = {}
    for text in texts:
        path = Path(text)
        if text == NOISE and not path.exists():
            new = [Input(None, PurePath(NOISE))]
        elif path.is_dir():
            root = PurePath(path.resolve().name) if len(folders) > 1 else PurePath()
            new = [
                Input(each, root / each.relative_to(path).with_suffix(""))
                for each in _walk(path, apart_from)
                if _chosen(each.relative_to(path), include, exclude)
            ]
        elif os.path.lexists(path):
            new = [Input(path, PurePath(path.stem))]
        elif _PATTERN & set(text):
            matches = sorted((Path(match) for match in glob.glob(text, recursive=True)), key=_path_order)
            new = [Input(each, PurePath(each.stem)) for each in matches if _chosen(each, include, exclude)]
            new = [each for each in new if each.path is not None and _is_input(each.path)]
        else:
            raise near_input(text)
        if not new:
            chosen = " that --include and --exclude leave" if include or exclude else ""
            raise NoInputError(f"there are no pictures{chosen}", where=text)
        for each in new:
            found.setdefault(each.path, each)
    return list(found.values())


def _is_input(path: Path) -> bool:
    return is_picture_name(path) and not path.is_dir()


def _chosen(path: PurePath, include: Sequence[str], exclude: Sequence[str]) -> bool:
    def matches(pattern: str) -> bool:
        return fnmatch(path.name, pattern) or fnmatch(path.as_posix(), pattern)

    return (not include or any(map(matches, include))) and not any(map(matches, exclude))


def _walk(root: Path, apart_from: Path | None) -> Iterator[Path]:
    """The pictures in a folder and below, folder by folder in natural order."""
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


def _unlisted(error: OSError) -> None:
    raise NoInputError(f"this folder cannot be listed: {error.strerror}", where=str(error.filename)) from error


def _name_order(name: str) -> tuple[list[str | int], str]:
    return natural_order(Path(name))


def _path_order(path: Path) -> list[tuple[list[str | int], str]]:
    return [_name_order(part) for part in path.parts]


def is_clip(each: Input) -> bool:
    """Whether an input is a film rather than a picture."""
    return each.path is not None and is_film(each.path)
