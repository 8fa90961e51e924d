"""One file operation or one large allocation of a command made to fail, as SQLite's tests do it.

`faults.c` is preloaded into a server, which has imported what commands need and forks for each of them, so that a
trial costs what the command costs. It stands between the processes and the C library: what Pillow, safetensors, torch
and workers do in their own languages is seen, and so is what an ffmpeg does that is linked dynamically. It sees no
operation of a statically linked program, nothing that goes through mapped memory, and no `close`. Allocations of the
dynamic loader are left alone, and those of Rust, which ends the process where it gets no memory, whoever calls it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("faults.c")
# Bytes from which on an allocation counts: what takes this for a picture of 40 px takes megabytes for a real one.
LARGE = 1 << 15
_OFF, _FILES, _MEMORY = range(3)
_ROOTS, _KEPT, _NAME, _PATH = 4, 8192, 16, 240

# What the system may answer to each operation.
_WRITING = (errno.ENOSPC, errno.EIO)
ERRORS: dict[str, tuple[int, ...]] = {
    "create": (*_WRITING, errno.EACCES, errno.EMFILE),
    "write": _WRITING,
    "sync": _WRITING,
    "rename": (*_WRITING, errno.EACCES),
    "mkdir": (*_WRITING, errno.EACCES),
    "link": (*_WRITING, errno.EACCES),
    "unlink": (errno.EIO, errno.EACCES),
    "open": (errno.EIO, errno.EACCES, errno.EMFILE),
    "read": (errno.EIO,),
    "list": (errno.EIO, errno.EACCES, errno.EMFILE),
    "stat": (errno.EIO, errno.EACCES),
    "allocate": (errno.ENOMEM,),
}
TAKING_ROOM = ("create", "write", "mkdir", "link")


class _Operation(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char * _NAME), ("path", ctypes.c_char * _PATH))


class _Page(ctypes.Structure):
    """As in faults.c."""

    _fields_ = (
        ("what", ctypes.c_int),
        ("error", ctypes.c_int),
        ("lasting", ctypes.c_int),
        ("failed", ctypes.c_int),
        ("seen", ctypes.c_long),
        ("at", ctypes.c_long),
        ("smallest", ctypes.c_long),
        ("roots", ctypes.c_char * _PATH * _ROOTS),
        ("operations", _Operation * _KEPT),
    )


@dataclass(frozen=True)
class Fault:
    """The `at`-th operation fails with `error`; where it is `lasting`, the disk is full from then on.

    `name` and `path`: the operation that it was when they were counted.
    """

    at: int
    error: int
    name: str
    path: str
    lasting: bool = False

    def __str__(self) -> str:
        always = " from then on" if self.lasting else ""
        return f"{self.at}: {self.name} {self.path}: {errno.errorcode[self.error]}{always}"


@dataclass(frozen=True)
class Ended:
    """How a command ended. `fault`: the operation that failed, or None. `seen`: operations or allocations, in order."""

    code: int
    stdout: str
    stderr: str
    failed: tuple[str, str] | None
    seen: tuple[tuple[str, str], ...]


def can_be_built() -> bool:
    """Whether there is a system to preload into, and a compiler for what is preloaded."""
    return sys.platform == "linux" and shutil.which("cc") is not None


class Commands:
    """Runs command lines, with a fault or without, each in a process of its own. Use it with `with`.

    `scratch`: an empty folder for its own files. `roots`: folders whose operations count.
    """

    def __init__(self, scratch: Path, roots: Sequence[Path]) -> None:
        self._scratch, self._roots = scratch, roots

    def __enter__(self) -> Commands:
        library, page = self._scratch / "faults.so", self._scratch / "page"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
        page.write_bytes(bytes(ctypes.sizeof(_Page)))
        with page.open("r+b") as file:
            self._page = _Page.from_buffer(mmap.mmap(file.fileno(), 0))
        for place, root in zip(self._page.roots, self._roots, strict=False):
            place.value = os.fsencode(root)
        self._page.smallest = LARGE
        environment = {**os.environ, "LD_PRELOAD": str(library), "FAULTS_PAGE": str(page), "PYTHONPATH": str(ROOT)}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.server"],
            env={**environment, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(self._roots[0] / "cache")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        self._server.stdout.readline()  # it is ready, and what it has imported is not counted
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate()

    def run(self, line: Sequence[str], folder: Path, fault: Fault | None = None) -> Ended:
        """Run a command line in a folder, counting its file operations."""
        return self._run(_FILES, line, folder, fault)

    def run_counting_memory(self, line: Sequence[str], folder: Path, fault: Fault | None = None) -> Ended:
        """Run a command line in a folder, counting its large allocations."""
        return self._run(_MEMORY, line, folder, fault)

    def _run(self, what: int, line: Sequence[str], folder: Path, fault: Fault | None) -> Ended:
        page, texts = self._page, [self._scratch / "stdout", self._scratch / "stderr"]
        page.seen = page.failed = 0
        page.at, page.error, page.lasting = (fault.at, fault.error, fault.lasting) if fault else (0, 0, False)
        ctypes.memset(page.operations, 0, ctypes.sizeof(page.operations))
        assert self._server.stdin is not None and self._server.stdout is not None
        page.what = what
        print(json.dumps([list(line), str(folder), *map(str, texts)]), file=self._server.stdin, flush=True)
        code = int(self._server.stdout.readline())
        page.what = _OFF
        kept = page.operations[: min(page.seen, _KEPT)]
        seen = tuple((operation.name.decode(), os.fsdecode(operation.path)) for operation in kept)
        failed = seen[page.at - 1] if page.failed else None
        return Ended(code, *(text.read_text(encoding="utf-8", errors="replace") for text in texts), failed, seen)
