"""Any history of kills, Ctrl-C, races, reruns and changing inputs: nothing is lost, nothing done twice, all the same.

The commands are real, and so are their processes, signals, locks and files; only their moments are counted in touched
files instead of seconds, so that a history that fails can be told again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from PIL import Image

from dreamer.jobs.journal import FOLDER, Journal
from dreamer.pictures.recipes import read_recipe
from tests.jobs.conftest import add_photo
from tests.torture.kills import OUT, Running, Signal, digest, finish, outputs

pytestmark = [
    pytest.mark.torture,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="no such signals here"),
]
DREAM = ("--precision", "float32", "--set", "octaves.count=1", "--set", "octaves.steps=1", "--size", "48")
NAMES = [f"{number}.png" for number in range(5)]
LAST = "last.png"
MOMENTS = st.integers(1, 90)
SIGNALS = st.sampled_from(["kill", "kill", "stop"])
NOTHING_MATCHED, INTERRUPTED = 3, 130


def photo(name: str) -> bytes:
    """The same for a name each time; some have the same size, and go through the network together."""
    number = NAMES.index(name) if name in NAMES else len(NAMES)
    with tempfile.TemporaryDirectory() as folder:
        return add_photo(f"{folder}/{name}", number, (40, 48 + number // 2)).read_bytes()


def made(path: Path) -> str:
    """What is in an output. How many pictures went through the network together is up to the history."""
    if path.suffix != ".png" or path.parent.name.endswith(".frames"):
        return digest(path)
    recipe = json.loads(read_recipe(path) or "{}")
    recipe["facts"].pop("together", None)
    with Image.open(path) as image:
        return hashlib.sha256(image.tobytes() + json.dumps(recipe).encode()).hexdigest()


class History(RuleBasedStateMachine):
    """What happens to a command, and to the photos that it reads."""

    args: ClassVar[tuple[str, ...]]
    names: ClassVar[list[str]]

    def __init__(self) -> None:
        super().__init__()
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        self.photos = self.folder / "photos"
        self.photos.mkdir()
        self.broken: set[str] = set()
        self.finished: dict[str, int] = {}

    def add(self, name: str) -> None:
        (self.photos / name).write_bytes(photo(name))
        self.broken.discard(name)

    @precondition(lambda self: self.there())
    @rule(data=st.data())
    def break_a_photo(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.there()))
        (self.photos / name).write_bytes(photo(name)[:60])
        self.broken.add(name)

    @rule(kind=SIGNALS, moment=MOMENTS)
    def end_before(self, kind: Signal, moment: int) -> None:
        running = Running(self.args, self.folder, ends=(kind, moment))
        code = running.wait()
        assert code in (self.code(), -9 if kind == "kill" else INTERRUPTED), running.said

    @rule(ends=st.none() | st.tuples(SIGNALS, MOMENTS))
    def race(self, ends: tuple[Signal, int] | None) -> None:
        both = [Running(self.args, self.folder), Running(self.args, self.folder, ends=ends)]
        for running in both:
            assert running.wait() in {-9, 0, 1, NOTHING_MATCHED, INTERRUPTED}, running.said

    @rule()
    def run_again(self) -> None:
        running = Running(self.args, self.folder)
        assert running.wait() == self.code(), running.said

    @invariant()
    def nothing_finished_is_lost_changed_or_done_again(self) -> None:
        there, whole = outputs(self.folder, made), undisturbed(type(self))
        shown = {path for path in there if path in whole and ".frames/" not in path}
        assert set(self.finished) <= shown
        for path in shown:
            assert there[path] == whole[path], path
            changed = (self.folder / path).stat().st_mtime_ns
            assert self.finished.setdefault(path, changed) == changed, f"{path} is done again"

    @invariant()
    def the_journal_can_be_read(self) -> None:
        path = self.folder / OUT / FOLDER / "journal.jsonl"
        if not path.is_file():
            return
        lines = path.read_text().splitlines()
        whole = Journal(self.folder / OUT)
        done = Counter(line.split('"output": "')[1].split('"')[0] for line in lines if '"state": "done"' in line)
        assert set(done.values()) <= {1}, done
        assert set(done) <= {entry.output for entry in whole.entries()}

    def teardown(self) -> None:
        try:
            self.mend()
            finish(self.args, self.folder)
            self.nothing_finished_is_lost_changed_or_done_again()
            whole = undisturbed(type(self))
            found = outputs(self.folder, made)
            assert found == {path: whole[path] for path in found}, "something is left, or different"
            assert len(self.finished) == len(self.there()), "something is missing"
        finally:
            self._temporary.cleanup()

    def mend(self) -> None:
        """Bring the photos back, so that the last run has something to do and succeeds."""
        for name in sorted(self.broken):
            self.add(name)

    def there(self) -> list[str]:
        return sorted(path.name for path in self.photos.iterdir())

    def code(self) -> int:
        """The exit code of a run that nobody disturbs."""
        return (1 if self.broken else 0) if self.there() else NOTHING_MATCHED


class Batches(History):
    """A folder of photos by a batch."""

    args = ("batch", "photos", "-p", "whisper", "-o", str(OUT), "--no-gallery", "--retry-failed", *DREAM)
    names: ClassVar[list[str]] = [*NAMES, LAST]

    @rule(name=st.sampled_from(NAMES))
    def add_a_photo(self, name: str) -> None:
        self.add(name)

    @precondition(lambda self: self.there())
    @rule(data=st.data())
    def remove_a_photo(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.there()))
        (self.photos / name).unlink()
        self.broken.discard(name)

    def mend(self) -> None:
        super().mend()
        self.add(LAST)
        for path in self.finished:
            self.add(Path(path).name)


class Films(History):
    """One film over one photo."""

    args = ("animate", "photos/0.png", "-p", "spiral", "-o", "out/film.mp4", "--length", "4f", *DREAM)
    names: ClassVar[list[str]] = ["0.png"]

    def __init__(self) -> None:
        super().__init__()
        self.add("0.png")

    @precondition(lambda self: self.broken)
    @rule()
    def mend_the_photo(self) -> None:
        self.add("0.png")


@cache
def undisturbed(machine: type[History]) -> dict[str, str]:
    """What the command makes of all photos."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "photos").mkdir()
        for name in machine.names:
            (Path(folder) / "photos" / name).write_bytes(photo(name))
        finish(machine.args, Path(folder))
        return outputs(Path(folder), made)


@pytest.mark.parametrize("machine", [Batches, Films])
def test_whatever_happens_nothing_is_lost_or_done_twice(
    machine: type[History], complete: bool, record_property: Callable[[str, Any], None]
) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60 if complete else 2,
            stateful_step_count=12 if complete else 5,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
