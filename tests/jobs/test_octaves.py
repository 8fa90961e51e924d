"""Large stills that are interrupted, on the real pocket network; what is large is small here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
import torch

from dreamer.dreaming import passes
from dreamer.dreaming.dream import OctaveState
from dreamer.dreaming.events import OctaveStarted, StepDone
from dreamer.errors import OutputError
from dreamer.jobs import octaves
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobProgress
from dreamer.jobs.executors import Inline
from dreamer.jobs.job import Job, examined
from dreamer.jobs.octaves import OctaveStore, octave_store, octaves_file
from dreamer.jobs.run import Choices, JobRun
from dreamer.pictures import read_picture
from dreamer.presets import Preset
from tests.jobs.conftest import planned, run_inline

OUTPUT = Path("out/1.png")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def every_still_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(octaves, "LARGE", 100)


def job(**settings: object) -> Job:
    tree = {"targets": [{"layer": "conv2"}], "octaves": {"count": 3, "steps": 2}, "canvas": {"size": 96}, **settings}
    (only,) = planned(["photos/1.png"], [("mine", Preset.model_validate(tree))], "out/{stem}.png")
    return only


def stopping_in(octave: int) -> Callable[[JobEvent], None]:
    """A listener that interrupts a render in an octave."""

    def listen(event: JobEvent) -> None:
        if isinstance(event, JobProgress) and isinstance(event.event, StepDone) and event.event.octave == octave:
            raise KeyboardInterrupt

    return listen


def octaves_begun(events: list[JobEvent]) -> list[int]:
    within = [event.event for event in events if isinstance(event, JobProgress)]
    return [event.octave for event in within if isinstance(event, OctaveStarted)]


def state(octave: int = 1) -> OctaveState:
    return OctaveState(octave, torch.rand(1, 3, 300, 40), 1 << 30, 64, {0: True, 2: False})


def test_an_interrupted_still_goes_on_from_its_last_whole_octave_to_the_same_pixels(folder: Path) -> None:
    run_inline([job()], lambda event: None)
    whole = OUTPUT.read_bytes()
    OUTPUT.unlink()
    for octave in (2, 3):
        with pytest.raises(KeyboardInterrupt):
            run_inline([job()], stopping_in(octave))
        assert octaves_file(OUTPUT).is_file() and not OUTPUT.exists()
    events: list[JobEvent] = []
    run_inline([job()], events.append)
    begun = [
        event.event.octave
        for event in events
        if isinstance(event, JobProgress) and isinstance(event.event, OctaveStarted)
    ]
    assert begun == [3]
    assert OUTPUT.read_bytes() == whole
    assert os.listdir("out") == ["1.png"]


def test_what_other_settings_or_other_photos_have_left_is_not_taken_up(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_inline([job()], stopping_in(3))
    events: list[JobEvent] = []
    run_inline([job(seed=5)], events.append)
    begun = [
        event.event.octave
        for event in events
        if isinstance(event, JobProgress) and isinstance(event.event, OctaveStarted)
    ]
    assert begun == [1, 2, 3]
    assert os.listdir("out") == ["1.png"]


def test_what_is_kept_is_read_as_it_was_written(folder: Path) -> None:
    store, written = OctaveStore(job(), OUTPUT, {"threads": "1"}), state()
    assert store.read() is None
    store.write(written)
    read = store.read()
    assert read is not None and torch.equal(read.picture, written.picture)
    assert (read.octave, read.free_memory, read.largest_tile, read.alive) == (1, 1 << 30, 64, {0: True, 2: False})
    assert OctaveStore(job(), OUTPUT, {"threads": "2"}).read() is None
    store.delete()
    assert store.read() is None


@pytest.mark.parametrize(
    "damage", [b"", b"\x00" * 64, b"\xff" * 64, b'\x10\x00\x00\x00\x00\x00\x00\x00{"picture": 3}  ']
)
def test_damaged_octaves_are_begun_anew(damage: bytes, folder: Path) -> None:
    store = OctaveStore(job(), OUTPUT, {})
    store.write(state())
    cut_short = store.path.read_bytes()[:5000]
    for content in (damage, cut_short):
        store.path.write_bytes(content)
        assert store.read() is None


def test_small_stills_films_and_pictures_without_a_place_keep_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert octave_store(examined(job()), {}) is not None
    monkeypatch.setattr(octaves, "LARGE", 1 << 24)
    assert octave_store(examined(job()), {}) is None


def test_octaves_that_cannot_be_kept_fail_their_still_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(store: OctaveStore, kept: OctaveState) -> None:
        raise OutputError("cannot be written: No space left on device", where=str(store.path))

    monkeypatch.setattr(OctaveStore, "write", full)
    events: list[JobEvent] = []
    run_inline([job()], events.append)
    (failed,) = [event for event in events if isinstance(event, (JobFailed, JobDone))]
    assert isinstance(failed, JobFailed) and "No space left" in str(failed.error)


KILLED = """
import os, signal, sys
from dreamer.jobs import octaves
from dreamer.cli import main
from dreamer.dreaming import dream
octaves.LARGE = 100
kept = octaves.OctaveStore.write
def write(store, state):
    kept(store, state)
    if state.octave == 2 and "kill" in os.environ:
        os.kill(os.getpid(), signal.SIGKILL)
octaves.OctaveStore.write = write
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_killed_still_goes_on_with_the_same_command(folder: Path) -> None:
    line = [
        "render",
        "photos/1.png",
        "-p",
        "deep-dream",
        "--size",
        "96",
        "--layer",
        "conv2",
        "--set",
        "octaves.count=3",
    ]
    line += ["--set", "octaves.steps=1", "--device", "cpu", "--threads", "1", "-v", "-o"]

    def render(output: str, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-c", KILLED, *line, output]
        return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)

    assert render("out/1.png", kill="1").returncode == -signal.SIGKILL
    again = render("out/1.png")
    assert again.returncode == 0 and "octave 3/3" in again.stderr and "octave 1/3" not in again.stderr
    assert render("whole/1.png").returncode == 0
    assert torch.equal(read_picture("out/1.png").pixels, read_picture("whole/1.png").pixels)
    assert os.listdir("out") == ["1.png"]


def test_devices_share_the_tiles_of_a_large_still(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processors stand in for GPUs."""
    tiled = {"tiles": {"size": 64, "halo": 16}, "canvas": {"size": 160}, "octaves": {"count": 2, "steps": 1}}
    run_inline([job(**tiled)], lambda event: None)
    alone = OUTPUT.read_bytes()
    OUTPUT.unlink()
    given: list[int] = []
    shared = passes.shared

    def counted(sites: Sequence[passes.Site], crops: Iterable[passes.Crop]) -> Iterator[passes.Pass]:
        given.append(len(sites))
        return shared(sites, crops)

    monkeypatch.setattr("dreamer.dreaming.gradient.shared", counted)
    with Inline(device="cpu", beside=["cpu", "cpu"]) as executor:
        JobRun([job(**tiled)], Choices(), lambda event: None).run(executor)
    assert OUTPUT.read_bytes() == alone
    assert set(given) == {3}
    monkeypatch.setattr(octaves, "LARGE", 1 << 24)
    given.clear()
    with Inline(device="cpu", beside=["cpu", "cpu"]) as executor:
        JobRun([job(**tiled, seed=3)], Choices(stale=True), lambda event: None).run(executor)
    assert set(given) == {1}  # a small one is left to its own device
