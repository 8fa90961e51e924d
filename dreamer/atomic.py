"""Files that are there whole or not at all: written beside their place and renamed. Imports no torch.

A writer that fails, is interrupted or is killed leaves what was there before, and two writers of one file never mix.
What a killed one has left beside the file is removed by the next one that writes into that folder.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Any, Literal, overload

from dreamer.errors import OutputError

_PART = re.compile(r"\.(?P<host>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{12}\.part")
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
        _sweep_once(path.parent.absolute())
        part = part_of(path)
        try:
            with part.open(mode, encoding="utf-8" if mode == "w" else None) as file:
                yield file
            os.replace(part, path)
        except BaseException:
            discard(part)
            raise
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", where=str(path), remedy=remedy) from error


def part_of(path: Path) -> Path:
    """A name beside `path` to write under before renaming: short, hidden, never the same twice, and this process's.

    For writers that need a path, such as other programs. Git and the search for inputs ignore such names.
    """
    return path.with_name(f".{_host()}-{os.getpid()}-{uuid.uuid4().hex[:12]}.part")


def discard(part: Path) -> None:
    """Remove what was written under a temporary name; what the system does not let go is left to `sweep`."""
    with suppress(OSError):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what processes of this machine that are dead have left half written in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _PART.fullmatch(entry.name)
            if match is None or match["host"] != _host() or _is_alive(int(match["process"])):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                with suppress(OSError):
                    os.unlink(entry.path)


_sweep_once = lru_cache(maxsize=1 << 12)(sweep)


@cache
def _host() -> str:
    """This machine, and on Linux the container in it: what process numbers are counted in."""
    try:
        processes = os.readlink("/proc/self/ns/pid")
    except OSError:
        processes = ""
    return hashlib.sha256(f"{platform.node()} {processes}".encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    """Whether there is such a process; where that cannot be known, it is taken to be so."""
    if os.name != "posix":  # there, signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # someone else's
    return True


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise OutputError("this is a folder", where=str(path), remedy="Name a file in it.")
    # Renaming would not write to a device or a pipe but take its place.
    if path.exists() and not path.is_file():
        raise OutputError("this is not a regular file", where=str(path), remedy="Name a file.")
    above = next((folder for folder in path.parents if folder.exists()), path.parent)
    if not above.is_dir():
        raise OutputError(f"cannot be written: {above} is not a folder", where=str(path), remedy="Name another folder.")
