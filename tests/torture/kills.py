"""Commands as real processes: started warm, killed or stopped at some moment, and what they leave behind.

Processes are forked from one that has imported everything, so that a signal hits the work and not the imports.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Literal

OUT = Path("out")
PATIENCE = 120.0  # seconds, on a machine that is busy with other things
Signal = Literal["kill", "stop", "stop twice"]
SIGNALS: tuple[Signal, ...] = ("kill", "kill", "stop", "stop twice")
# Audit events: reading, writing, renaming, removing and making.
_TOUCHING = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}


@cache
def _warm() -> BaseContext:
    """Where processes are forked; there is none on Windows."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.torture.warm"])
    return context


@dataclass(frozen=True)
class Work:
    """A command that writes into `OUT` of its working folder, for which `prepare` makes the inputs.

    `sample`: how many of the trials are made in every run of the tests. `skips`: whether it leaves alone what is
    finished; else it makes the same again.
    """

    name: str
    args: tuple[str, ...]
    prepare: Callable[[Path], None]
    trials: int
    sample: int
    skips: bool = True


class Running:
    """A command in a process of its own that works in `folder`.

    `ends`: the signal that it gets before the so-manieth time that it touches a file of the folder.
    """

    def __init__(self, args: Sequence[str], folder: Path, *, ends: tuple[Signal, int] | None = None) -> None:
        self._said = folder / f"said-{time.monotonic_ns()}.txt"
        here, there = _warm().Pipe(duplex=False)
        self._process = _warm().Process(target=_command, args=(tuple(args), folder, self._said, there, ends))
        self._process.start()
        there.close()
        here.recv()  # it begins now

    @property
    def said(self) -> str:
        """What it has written to stdout and stderr."""
        return self._said.read_text(encoding="utf-8", errors="replace")

    def signal(self, kind: Signal) -> bool:
        """Send it; False where the command has ended already."""
        if not self._process.is_alive() or self._process.pid is None:
            return False
        os.kill(self._process.pid, signal.SIGKILL if kind == "kill" else signal.SIGINT)
        if kind == "stop twice":
            time.sleep(0.05)
            if self._process.is_alive():
                os.kill(self._process.pid, signal.SIGINT)
        return True

    def wait(self) -> int:
        """Its exit code; that of a signal is negative."""
        self._process.join(PATIENCE)
        if self._process.exitcode is None:
            self._process.kill()
            raise AssertionError(f"still there after {PATIENCE:.0f} s: {self.said}")
        assert "Traceback" not in self.said, self.said
        return self._process.exitcode


def _command(
    args: tuple[str, ...], folder: Path, said: Path, ready: Connection, ends: tuple[Signal, int] | None
) -> None:
    from dreamer.cli import main

    os.chdir(folder)
    with said.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    ready.send(None)
    if ends is not None:
        _end_before(*ends)
    main(list(args), prog_name="dreamer")


def _end_before(kind: Signal, number: int) -> None:
    touched = 0

    def count(event: str, args: tuple[object, ...]) -> None:
        nonlocal touched
        if event in _TOUCHING and not str(args[0]).startswith("/"):
            touched += 1
            if touched == number:
                os.kill(os.getpid(), signal.SIGKILL if kind == "kill" else signal.SIGINT)

    sys.addaudithook(count)


def finish(args: Sequence[str], folder: Path) -> float:
    """Run a command to its end, which must be good; the seconds that it took."""
    running, began = Running(args, folder), time.monotonic()
    code = running.wait()
    assert code == 0, f"exit code {code}: {running.said}"
    return time.monotonic() - began


def digest(path: Path) -> str:
    """Of the bytes of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def outputs(folder: Path, digest: Callable[[Path], str] = digest) -> dict[str, str]:
    """Digests of all that a command has written, by path; journals hold times, and claims of the killed may stay."""
    files = (path for path in (folder / OUT).rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): digest(path)
        for path in files
        if ".dreamer" not in path.parts and not path.name.endswith(".dreamer-lock")
    }


def disturbed(work: Work, seed: int, folder: Path, expected: dict[str, str], seconds: float) -> None:
    """One trial: the work is hit by a signal within `seconds`, then run again to its end.

    Raises AssertionError where anything is lost, done twice, left behind, or different from what is `expected`.
    """
    chance = random.Random(f"{work.name} {seed}")
    kind, delay = chance.choice(SIGNALS), chance.uniform(0, seconds)
    while not _hit(work, kind, delay, folder):
        delay *= 0.7
    kept = {path: (folder / path).stat().st_mtime_ns for path in _finished(folder, expected)}
    finish(work.args, folder)
    assert outputs(folder) == expected, f"{kind} after {delay:.3f} s: {_difference(outputs(folder), expected)}"
    if work.skips:
        assert {path: (folder / path).stat().st_mtime_ns for path in kept} == kept, "what was finished is written again"


def _hit(work: Work, kind: Signal, delay: float, folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    work.prepare(folder)
    running = Running(work.args, folder)
    time.sleep(delay)
    hit = running.signal(kind)
    code = running.wait()
    # A command that was about to end may do so.
    assert code in ((-signal.SIGKILL, 0) if kind == "kill" else (130, 0)), f"{kind}: exit code {code}: {running.said}"
    return hit


def _finished(folder: Path, expected: dict[str, str]) -> list[str]:
    """The outputs proper that are there; they must be whole, because others may have seen them."""
    there = {path: digest for path, digest in outputs(folder).items() if path in expected and ".frames/" not in path}
    assert all(digest == expected[path] for path, digest in there.items()), "what is there is not whole"
    return list(there)


def _difference(found: dict[str, str], expected: dict[str, str]) -> str:
    names = {path for path, _ in found.items() ^ expected.items()}
    return ", ".join(f"{'missing' if name not in found else 'changed or left'}: {name}" for name in sorted(names))
