"""Films from plan to file, on the real pocket network at the smallest sizes; killed, resumed and written anew."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from PIL import Image

from dreamer.errors import FilmError, OutputError, UsageError
from dreamer.film.frame_facts import FrameFacts
from dreamer.film.probe import probe
from dreamer.film.read import read_frames
from dreamer.film.report import FilmReport
from dreamer.film.store import FrameStore
from dreamer.film.write import FilmWriter
from dreamer.jobs.events import FrameDone, JobDone, JobEvent, JobFailed, JobProgress
from dreamer.jobs.job import FilmSettings, Job
from dreamer.motion.frames import FrameLoop
from dreamer.pictures import write_picture
from dreamer.presets import Preset
from dreamer.recipes import recipe_of
from tests.jobs.conftest import planned, run_inline
from tests.tiny import TinyNetwork

FRAMES = 8
STATM = Path("/proc/self/statm")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    squares = torch.rand(3, 6, 8, generator=torch.Generator().manual_seed(0))
    write_picture(Path("a.png"), squares.repeat_interleave(8, 1).repeat_interleave(8, 2))
    return tmp_path


def film(output: str, *, settings: FilmSettings | None = None, source: str = "a.png", **animation: object) -> Job:
    tree = {
        "targets": [{"layer": "conv2"}],
        "octaves": {"count": 1, "steps": 2},
        "animation": {"fps": 10, "length": f"{FRAMES}f", "zoom": 1.5, "lead_in": 2, **animation},
    }
    presets = [("mine", Preset.model_validate(tree))]
    (job,) = planned([source], presets, output, film=settings or FilmSettings())
    return job


def run(job: Job) -> list[JobEvent]:
    events: list[JobEvent] = []
    run_inline([job], events.append)
    failed = [event.error for event in events if isinstance(event, JobFailed)]
    if failed:
        raise failed[0]
    return events


def rendered(events: list[JobEvent]) -> int:
    """How many gradient steps were taken."""
    return sum(isinstance(event, JobProgress) and type(event.event).__name__ == "StepDone" for event in events)


def stored(output: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(Path(f"{output}.frames").glob("*.png"))]


@pytest.mark.slow
def test_a_film_with_its_recipe(folder: Path) -> None:
    events = run(film("a.mp4"))
    assert sum(isinstance(event, FrameDone) for event in events) == FRAMES
    (done,) = [event for event in events if isinstance(event, JobDone)]
    assert (done.frames, done.width, done.height) == (FRAMES, 64, 48)
    assert len(list(read_frames(Path("a.mp4")))) == FRAMES
    assert probe(Path("a.mp4")).fps == 10
    recipe = recipe_of(Path("a.mp4"))
    assert recipe.preset.animation == film("a.mp4").preset.animation
    assert recipe.facts["codec"] == "h264"
    assert film("a.mp4").state == "done"
    assert film("a.mp4", zoom=1.6).state == "stale"


@pytest.mark.slow
def test_writing_it_in_another_way_renders_nothing(folder: Path) -> None:
    run(film("a.mp4"))
    events = run(film("a.mp4", settings=FilmSettings(quality=40), fps=10, length=f"{FRAMES}f"))
    assert rendered(events) == 0  # done: skipped altogether
    Path("a.mp4").unlink()
    events = run(film("a.mp4", settings=FilmSettings(quality=40)))
    assert rendered(events) == 0
    assert len(list(read_frames(Path("a.mp4")))) == FRAMES


@pytest.mark.slow
def test_a_longer_film_begins_with_the_shorter_one(folder: Path) -> None:
    steps = rendered(run(film("a.mp4")))
    before = stored("a.mp4")
    more = rendered(run(film("a.mp4", length="12f")))
    assert stored("a.mp4")[:FRAMES] == before
    assert len(stored("a.mp4")) == 12
    assert 0 < more < steps
    run(film("b.mp4", length="12f"))
    assert stored("b.mp4") == stored("a.mp4")


@pytest.mark.slow
def test_what_depends_on_the_length_is_rendered_anew(folder: Path) -> None:
    run(film("a.mp4", loop="pingpong"))
    assert len(stored("a.mp4")) == 5
    assert len(list(read_frames(Path("a.mp4")))) == FRAMES
    run(film("a.mp4", loop="pingpong", length="12f"))
    assert len(stored("a.mp4")) == 7


@pytest.mark.slow
def test_some_frames_only(folder: Path) -> None:
    run(film("a.gif", settings=FilmSettings(span=(2, 5))))
    with Image.open("a.gif") as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="the film has 8 frames"):
        run(film("b.gif", settings=FilmSettings(span=(9, 12))))


@pytest.mark.slow
def test_frames_are_kept_only_where_asked_and_the_report_is_written(folder: Path) -> None:
    run(film("a.mp4", settings=FilmSettings(keep_frames=False, report=Path("out/report.json"))))
    assert not Path("a.mp4.frames").exists()
    report = json.loads(Path("out/report.json").read_text())
    assert len(report["brightness"]) == FRAMES
    assert report["brightness"][-1] == pytest.approx(report["brightness"][0], rel=0.05)
    run(film("b.mp4", settings=FilmSettings(report=Path("report.png"))))
    with Image.open("report.png") as image:
        assert image.width == 960


@pytest.mark.slow
def test_an_encoder_that_dies_leaves_a_film_that_can_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = folder / "ffmpeg"
    fake.write_text(
        '#!/bin/sh\ncase "$*" in *-encoders*) echo " V....D libx264 x"; exit 0;; esac\necho full >&2; exit 1\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("DREAMER_FFMPEG", str(fake))
    with pytest.raises(FilmError, match="ffmpeg failed: full"):
        run(film("a.mp4"))
    kept = len(stored("a.mp4"))
    monkeypatch.delenv("DREAMER_FFMPEG")
    run(film("a.mp4"))
    assert len(stored("a.mp4")) == FRAMES >= kept
    run(film("b.mp4"))
    assert stored("a.mp4") == stored("b.mp4")


COMMAND = """
import sys
sys.path.insert(0, {root!r})
from tests.jobs.test_films import film
from tests.jobs.conftest import run_inline
run_inline([film("killed.mp4", length="60f")], lambda event: None, device="cpu")
"""


@pytest.mark.slow
def test_killed_at_random_a_film_goes_on_and_ends_the_same(folder: Path) -> None:
    root = str(Path(__file__).resolve().parents[2])
    generator = random.Random(3)
    kills = 0
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(root=root)], env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        began = time.monotonic()
        while process.poll() is None and not Path("killed.mp4.frames/state.safetensors").exists():
            assert time.monotonic() - began < 60
            time.sleep(0.02)
        time.sleep(generator.uniform(0.05, 0.6))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 1
    run(film("killed.mp4", length="60f"))
    run(film("whole.mp4", length="60f"))
    assert stored("killed.mp4") == stored("whole.mp4")
    assert Path("killed.mp4").read_bytes() == Path("whole.mp4").read_bytes()
    assert [path.name for path in Path().glob(".*")] == []


@pytest.mark.parametrize(("room", "frames"), [(10, 0), (20_000, 1)], ids=["for no frame", "for no state"])
@pytest.mark.slow
def test_a_full_disk_is_told_and_the_film_goes_on(room: int, frames: int, folder: Path) -> None:
    """A limit on the size of files stands for the disk: both are an OSError at the write."""
    job = film("zoom.png")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OutputError, match="cannot be written: File too large") as caught:
            run(replace(job, output=folder / "full.mp4"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "goes on from the last whole frame" in str(caught.value.remedy)
    assert len(list((folder / "full.mp4.frames").glob("*.png"))) == frames
    run(replace(job, output=folder / "full.mp4"))
    assert (folder / "full.mp4").is_file()


@pytest.mark.skipif(not STATM.exists(), reason="tells its memory on Linux only")
@pytest.mark.slow
def test_many_tiny_frames_at_constant_memory(tmp_path: Path) -> None:
    """Rendered, stored, measured and encoded: a frame of 12 kB (48 kB as float32) leaves less than 4 kB behind."""
    first, last = 200, 1200
    preset = Preset.model_validate(
        {
            "targets": [{"layer": "conv2"}],
            "octaves": {"count": 1, "steps": 1},
            "animation": {"zoom": 1.3, "frames": last + 1},
        }
    )
    photo = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    memory = {}
    with (
        FrameStore(tmp_path / "f", FrameFacts(key="key")) as store,
        FilmWriter(tmp_path / "film.mp4", width=64, height=64, fps=Fraction(24)) as writer,
    ):
        report = FilmReport(measuring=True)
        for frame in FrameLoop(preset, TinyNetwork(), photo).frames():
            pixels = store.write(frame)
            writer.add(pixels)
            report.add(pixels)
            if frame.number in (first, last):
                memory[frame.number] = resident_bytes()
    assert memory[last] - memory[first] < 4096 * (last - first)


def resident_bytes() -> int:
    """Memory that this process holds."""
    return int(STATM.read_text().split()[1]) * resource.getpagesize()
