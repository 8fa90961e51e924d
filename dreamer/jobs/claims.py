"""Who makes an output: of several processes, the one that holds its lock.

A lock is the operating system's, so that it is free again the moment its process is gone, however it ended. What is
left then is an empty file, which the next run in its folder removes.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dreamer.errors import OutputError
from dreamer.jobs.journal import FOLDER
from dreamer.refusals import refusal

_SUFFIX = ".dreamer-lock"
_NEW = 60.0  # seconds


class Claims:
    """The claims of this process: of the batch in `folder`, or, without one, each beside its output."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = None if folder is None else folder / FOLDER / "claims"
        self._held: dict[Path, FileLock] = {}
        self._made: list[Path] = []  # folders that were made for a lock beside an output, the innermost first
        self._lock, self._over = threading.Lock(), False
        self._swept: set[Path] = set()

    def take(self, output: Path) -> bool:
        """Claim the job that writes `output`; False where another process has it, or after `release_all`.

        Raises OutputError where no claim can be written.
        """
        file = self._lock_file(output)
        lock = FileLock(file, thread_local=False)
        with self._lock:
            if self._over:
                return False
            try:
                try:
                    self._lock_in(file.parent, lock)
                except FileNotFoundError:  # another process has just removed the folder that it had made
                    self._lock_in(file.parent, lock)
            except Timeout:
                return False
            except OSError as error:
                raise refusal(OutputError, "claims cannot be written", error, file.parent) from error
            self._held[output] = lock
        return True

    def release(self, output: Path) -> None:
        """Give a job back. Its journal entry must be written first, because this removes the lock file."""
        lock = self._held.pop(output, None)
        if lock is not None:
            _remove(lock)

    def release_all(self) -> None:
        """Give everything back, and take nothing more: a thread may still be asking for jobs."""
        with self._lock:
            self._over = True
        for output in list(self._held):
            self.release(output)
        for folder in self._made:
            with suppress(OSError):  # there is something in it now
                folder.rmdir()

    def _lock_in(self, folder: Path, lock: FileLock) -> None:
        if self._folder is None:
            self._made[:0] = [above for above in (folder, *folder.parents) if not above.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._sweep(folder)
        lock.acquire(timeout=0)

    def _lock_file(self, output: Path) -> Path:
        folder, named = (output.absolute().parent, output.name) if self._folder is None else (self._folder, output)
        digest = hashlib.sha256(os.fsencode(named)).hexdigest()[:32]
        return folder / f".{digest}{_SUFFIX}"

    def _sweep(self, folder: Path) -> None:
        """Remove, once, the lock files in a folder that belong to nobody any more."""
        if folder in self._swept:
            return
        self._swept.add(folder)
        with os.scandir(folder) as entries:
            left = [entry.path for entry in entries if entry.name.endswith(_SUFFIX) and _is_old(entry)]
        for path in left:
            lock = FileLock(path, thread_local=False)
            with suppress(OSError, Timeout):
                lock.acquire(timeout=0)
                _remove(lock)


@contextmanager
def claimed(output: Path) -> Iterator[None]:
    """Hold the claim on one output meanwhile. Raises OutputError where another process has it."""
    claims = Claims()
    if not claims.take(output):
        raise taken_elsewhere(output)
    try:
        yield
    finally:
        claims.release_all()


def taken_elsewhere(output: Path) -> OutputError:
    """That another process is at work on an output."""
    remedy = "Wait for it, or write to another place."
    return OutputError("is being made by another process", where=str(output), remedy=remedy)


def _is_old(entry: os.DirEntry[str]) -> bool:
    """Whether a lock file has been there for a while: a new one may be about to be locked."""
    try:
        return time.time() - entry.stat().st_mtime > _NEW
    except OSError:
        return False


def _remove(lock: FileLock) -> None:
    with suppress(OSError):  # where open files cannot be removed, an empty one stays
        os.unlink(lock.lock_file)
    lock.release()
