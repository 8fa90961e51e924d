"""Files that are there whole or not at all: written beside their place and renamed. Imports no torch.

A writer that fails, is interrupted or is killed leaves what was there before, and two writers of one file never mix.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Literal, overload

from dreamer.errors import OutputError

_REMEDY = "Check the folder, its permissions and the free space on the disk."


@overload
def atomic_write(
    path: Path, mode: Literal["wb"] = "wb", *, remedy: str = _REMEDY
) -> AbstractContextManager[IO[bytes]]: ...
@overload
def atomic_write(path: Path, mode: Literal["w"], *, remedy: str = _REMEDY) -> AbstractContextManager[IO[str]]: ...
@contextmanager
def atomic_write(path: Path, mode: Literal["wb", "w"] = "wb", *, remedy: str = _REMEDY) -> Iterator[IO[Any]]:
    """Open a file for writing that takes the place of `path` when the body ends, and is removed when the body raises.

    `mode`: "wb" for bytes, "w" for text in UTF-8. Folders on the way to `path` are made.
    Raises OutputError naming `path`, with `remedy`, for every OSError, those of the body included, and where `path`
    exists but is not a regular file.
    """
    try:
        _check_place(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = part_of(path)
        try:
            with part.open(mode, encoding="utf-8" if mode == "w" else None) as file:
                yield file
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", where=str(path), remedy=remedy) from error


def part_of(path: Path) -> Path:
    """A name beside `path` to write under before renaming: short, hidden, and never the same twice.

    For writers that need a path, such as other programs. Git and the search for inputs ignore such names.
    """
    return path.with_name(f".{uuid.uuid4().hex}.part")


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise OutputError("this is a folder", where=str(path), remedy="Name a file in it.")
    # Renaming would not write to a device or a pipe but take its place.
    if path.exists() and not path.is_file():
        raise OutputError("this is not a regular file", where=str(path), remedy="Name a file.")
    above = next((folder for folder in path.parents if folder.exists()), path.parent)
    if not above.is_dir():
        raise OutputError(f"cannot be written: {above} is not a folder", where=str(path), remedy="Name another folder.")
