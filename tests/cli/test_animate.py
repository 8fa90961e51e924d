"""The real command line on the real pocket network, with the smallest films."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamer.film.probe import probe
from dreamer.film.read import read_frames
from dreamer.pictures import write_picture
from tests.cli.conftest import Dreamer

pytestmark = pytest.mark.usefixtures("networks_kept")
TINY = (
    "--size", "64", "--fps", "10", "--precision", "float32", "--set", "octaves.count=1", "--set", "octaves.steps=1",
    "--set", "animation.lead_in=1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def photo(folder: Path) -> Path:
    write_picture(folder / "a.png", torch.rand((3, 48, 64), generator=torch.Generator().manual_seed(1)))
    return folder / "a.png"


def frames(folder: str) -> list[np.ndarray]:
    found = []
    for path in sorted(Path(folder).glob("[0-9]*.png")):
        with Image.open(path) as image:
            found.append(np.array(image.convert("RGB")))
    return found


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_film_is_written_and_not_again(dreamer: Dreamer) -> None:
    args = ("animate", "a.png", "-p", "spiral", "-o", "film.mp4", "--length", "0.5s", *TINY)
    result = dreamer(*args, "--json")
    assert result.exit_code == 0, result.output
    (event,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert event["event"] == "done" and event["frames"] == 5
    facts = probe(Path("film.mp4"))
    assert (facts.width, facts.height) == (64, 48) and len(list(read_frames(Path("film.mp4")))) == 5
    again = dreamer(*args)
    assert again.exit_code == 0 and "done already" in again.stderr


@pytest.mark.parametrize("name", ["film.gif", "film.webp", "film.apng", "film.mov"])
@pytest.mark.slow
def test_other_formats_go_by_their_suffix(name: str, dreamer: Dreamer) -> None:
    result = dreamer("animate", "a.png", "-p", "spiral", "-o", name, "--length", "0.3s", *TINY)
    assert result.exit_code == 0 and Path(name).stat().st_size > 0, result.output


def test_frames_are_numbered_pictures_and_not_written_again(dreamer: Dreamer) -> None:
    args = ("animate", "a.png", "-p", "spiral", "-o", "film", "--codec", "frames", "--length", "0.3s", *TINY)
    result = dreamer(*args)
    assert result.exit_code == 0 and len(frames("film")) == 3, result.output
    again = dreamer(*args)
    assert again.exit_code == 0 and "done already" in again.stderr, again.output
    assert dreamer("recipe", "film").stdout.startswith("# preset: spiral\n")
    other = dreamer(*args, "--seed", "5", "--dry-run")
    assert other.stdout.startswith("new") and "-> film-2  (film was made with another seed" in other.stdout


@pytest.mark.slow
def test_some_frames_only(dreamer: Dreamer) -> None:
    whole = ("animate", "a.png", "-p", "spiral", "--codec", "frames", "--length", "0.6s", *TINY)
    assert dreamer(*whole, "-o", "all").exit_code == 0
    assert dreamer(*whole, "-o", "some", "--frames", "2:4").exit_code == 0
    assert same(frames("some"), frames("all")[2:4])
    result = dreamer(*whole, "-o", "none", "--frames", "70:80")
    assert result.exit_code == 2 and "--frames" in result.stderr
    assert dreamer(*whole, "-o", "none", "--frames", "4:2").exit_code == 2


@pytest.mark.slow
def test_a_finished_film_goes_on(dreamer: Dreamer) -> None:
    args = ("animate", "a.png", "-p", "infinite-zoom", "-o", "film.mp4", "--length", "0.4s", *TINY)
    assert dreamer(*args).exit_code == 0
    before = frames("film.mp4.frames")
    result = dreamer(*args, "--extend", "0.3s")
    assert result.exit_code == 0, result.output
    after = frames("film.mp4.frames")
    assert len(after) == len(before) + 3 and same(after[: len(before)], before)
    assert len(list(read_frames(Path("film.mp4")))) == 7
    assert "done already: film.mp4" in dreamer(*args, "--extend", "0.3s").stderr
    other = dreamer(*args, "--seed", "5", "--extend", "0.3s", "-n")
    assert other.stdout.startswith("new") and "-> film-2.mp4" in other.stdout


@pytest.mark.slow
def test_another_codec_needs_no_new_rendering(dreamer: Dreamer) -> None:
    args = ("animate", "a.png", "-p", "spiral", "-o", "film.mp4", "--length", "0.4s", *TINY)
    assert dreamer(*args).exit_code == 0
    stored = {path: path.stat().st_mtime_ns for path in Path("film.mp4.frames").glob("*.png")}
    assert dreamer(*args, "--quality", "30", "--force").exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in Path("film.mp4.frames").glob("*.png")} == stored


@pytest.mark.slow
def test_a_film_is_rendered_again_from_itself(dreamer: Dreamer) -> None:
    assert dreamer("animate", "a.png", "-p", "spiral", "-o", "film.mp4", "--length", "0.4s", *TINY).exit_code == 0
    result = dreamer("again", "film.mp4", "-o", "again.mp4", "--precision", "float32")
    assert result.exit_code == 0, result.output
    assert same(frames("again.mp4.frames"), frames("film.mp4.frames"))
    assert "[animation]" in dreamer("recipe", "film.mp4").stdout


@pytest.mark.opencv
@pytest.mark.slow
def test_a_filmed_clip_keeps_its_length_and_rate(dreamer: Dreamer) -> None:
    assert dreamer("animate", "a.png", "-p", "spiral", "-o", "clip.mp4", "--length", "0.5s", *TINY).exit_code == 0
    result = dreamer("animate", "clip.mp4", "-p", "soft-film", "-o", "soft.mp4", *TINY)
    assert result.exit_code == 0, result.output
    assert probe(Path("soft.mp4")).fps == 10 and len(list(read_frames(Path("soft.mp4")))) == 5


@pytest.mark.opencv
def test_an_animated_picture_is_a_clip(dreamer: Dreamer) -> None:
    first, *rest = (Image.new("RGB", (64, 48), (80 * number,) * 3) for number in range(3))
    first.save("a.gif", save_all=True, append_images=rest, duration=200)
    result = dreamer("animate", "a.gif", "-p", "soft-film", "-o", "soft.mp4", *TINY)
    assert result.exit_code == 0, result.output
    assert probe(Path("soft.mp4")).fps == 5 and len(list(read_frames(Path("soft.mp4")))) == 3


def test_nothing_is_touched_by_a_dry_run(dreamer: Dreamer) -> None:
    result = dreamer("animate", "a.png", "-p", "spiral", "-n", "--json", *TINY)
    assert result.exit_code == 0 and json.loads(result.stdout)["state"] == "new"
    assert sorted(path.name for path in Path().iterdir()) == ["a.png"]


@pytest.mark.slow
def test_a_preview_is_small_and_short(dreamer: Dreamer) -> None:
    args = ("animate", "a.png", "-p", "spiral", "--size", "160", "--fps", "5", "--precision", "float32")
    result = dreamer(*args, "-o", "p.mp4", "--preview", "--set", "octaves.count=2", "--set", "octaves.steps=1")
    assert result.exit_code == 0, result.output
    facts = probe(Path("p.mp4"))
    assert facts.width <= 90 and len(list(read_frames(Path("p.mp4")))) == 15


@pytest.mark.slow
def test_the_report_is_drawn_or_listed(dreamer: Dreamer) -> None:
    args = ("animate", "a.png", "-p", "spiral", "-o", "film.mp4", "--length", "0.4s", *TINY)
    assert dreamer(*args, "--report", "report.json").exit_code == 0
    measured = json.loads(Path("report.json").read_text())
    assert all(len(measured[name]) == 4 for name in ("brightness", "contrast", "saturation", "sharpness"))
    assert dreamer(*args, "--report", "report.png", "--force").exit_code == 0
    with Image.open("report.png") as image:
        assert image.width > 500


@pytest.mark.parametrize("args, code, said", [
    (["-o", "film.mp4", "--codec", "h265"], 2, "h264"),
    (["-o", "film.gif", "--codec", "h264"], 1, ".mp4"),
    (["-o", "film.avi"], 1, ".avi"),
    (["-o", "film.mp4", "--length", "soon"], 2, "is not a time"),
    (["-o", "film.mp4", "--extend", "later"], 2, "--extend"),
    (["-o", "film.mp4", "--set", 'animation.zoom={ "0s" = 1.0, "2x" = 2.0 }'], 2, "2x"),
    (["-o", "film.mp4", "--set", 'animation.zoom="= 1 + sine(t)"'], 2, "animation.zoom"),
    (["-o", "a.png/film.mp4"], 1, "a.png"),
])  # fmt: skip
def test_mistakes_are_told_before_the_first_frame(args: list[str], code: int, said: str, dreamer: Dreamer) -> None:
    base = ["animate", "a.png", "-p", "spiral", *(word for word in TINY)]
    if "--length" not in args:
        base += ["--length", "0.3s"]
    result = dreamer(*base, *args)
    assert result.exit_code == code, result.output
    assert said in result.stderr and "Traceback" not in result.output
    assert not list(Path().glob("*.frames/[0-9]*.png"))


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_loses_nothing(folder: Path, dreamer: Dreamer) -> None:
    args = ["animate", "a.png", "-p", "spiral", "--length", "3s", *TINY, "--set", "octaves.steps=6"]
    with subprocess.Popen(
        [sys.executable, "-m", "dreamer", *args, "-o", "film.mp4"], stderr=subprocess.PIPE, text=True
    ) as process:
        while len(list(Path("film.mp4.frames").glob("[0-9]*.png"))) < 4:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "to continue" in said and "Traceback" not in said
    assert not Path("film.mp4").exists()
    kept = len(frames("film.mp4.frames"))
    assert 4 <= kept < 30
    subprocess.run([sys.executable, "-m", "dreamer", *args, "-o", "film.mp4"], check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "dreamer", *args, "-o", "whole.mp4"], check=True, capture_output=True)
    assert same(frames("film.mp4.frames"), frames("whole.mp4.frames"))
