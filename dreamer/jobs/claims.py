"""Who does a job: of several processes on one folder, the one that holds its lock.

A lock is the operating system's, so that it is free again the moment its process is gone, however it ended.
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dreamer.errors import OutputError
from dreamer.jobs.journal import FOLDER


class Claims:
    """The claims of this process on jobs of the batch in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER / "claims"
        self._held: dict[Path, FileLock] = {}
        self._lock, self._over = threading.Lock(), False

    def take(self, output: Path) -> bool:
        """Claim the job that writes `output`; False where another process has it, or after `release_all`.

        Raises OutputError where no claim can be written.
        """
        name = hashlib.sha256(os.fsencode(output)).hexdigest()[:32]
        lock = FileLock(self._folder / f"{name}.lock", thread_local=False)
        with self._lock:
            if self._over:
                return False
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=0)
            except Timeout:
                return False
            except OSError as error:
                raise OutputError(f"claims cannot be written: {error.strerror}", where=str(self._folder)) from error
            self._held[output] = lock
        return True

    def release(self, output: Path) -> None:
        """Give a job back. Its journal entry must be written first, because this removes the lock file."""
        lock = self._held.pop(output, None)
        if lock is not None:
            with suppress(OSError):  # where open files cannot be removed, an empty one stays
                os.unlink(lock.lock_file)
            lock.release()

    def release_all(self) -> None:
        """Give everything back, and take nothing more: a thread may still be asking for jobs."""
        with self._lock:
            self._over = True
        for output in list(self._held):
            self.release(output)
