"""Killed or stopped at any moment and run again, a command ends with the bytes of an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from dreamer.jobs.journal import Journal
from tests.jobs.conftest import add_photo
from tests.networks.training.conftest import drawing
from tests.torture.conftest import Tallies
from tests.torture.kills import OUT, PATIENCE, Work, disturbed, finish, outputs

pytestmark = [
    pytest.mark.torture,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="no such signals here"),
]
ROOT = Path(__file__).resolve().parents[2]
CLUSTER_TRIALS, CLUSTER_SECONDS = 10, (1.0, 9.0)
DREAM = ("--precision", "float32", "--set", "octaves.count=1", "--size", "48")


def six_photos(folder: Path) -> None:
    for number in range(6):
        add_photo(
            str(folder / "photos" / f"{number}.png"), number, (40, 48 + number)
        )  # of different sizes: none goes with another


def twelve_photos(folder: Path) -> None:
    for number in range(12):
        add_photo(str(folder / "photos" / f"{number}.png"), number, (40, 48 + number))


def one_photo(folder: Path) -> None:
    add_photo(str(folder / "photo.png"), 1)


def two_classes(folder: Path) -> None:
    for shape in ("disc", "square"):
        (folder / "shapes" / shape).mkdir(parents=True)
        for number in range(24):
            (folder / "shapes" / shape / f"{number}.jpg").write_bytes(drawing(shape, number))


BATCH = ("batch", "photos", "-p", "whisper", "-o", str(OUT), "--no-gallery", *DREAM, "--set", "octaves.steps=6")
LONG_BATCH = (*BATCH[:-1], "octaves.steps=40")
FILM = ("animate", "photo.png", "-p", "spiral", "-o", "out/film.mp4", *DREAM, "--set", "octaves.steps=2")
TRAIN = ("networks", "train", "shapes", "-o", "out/shapes.safetensors", "--epochs", "3", "--batch", "12")
WORKS = [
    Work("batch", BATCH, six_photos, 70, sample=2),
    Work("batch, 2 workers", (*BATCH, "--workers", "2"), six_photos, 10, sample=0),
    Work("film", (*FILM, "--length", "16f"), one_photo, 70, sample=2),
    Work(
        "train", (*TRAIN, "--side", "32", "--width", "0.05", "--device", "cpu"), two_classes, 40, sample=2, skips=False
    ),
]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_killed_at_any_moment_it_ends_with_the_same_bytes(
    work: Work, complete: bool, tally: Tallies, tmp_path: Path
) -> None:
    if not complete and not work.sample:
        pytest.skip("takes too long for a sample: make torture")
    for name in ("once", "again"):  # the second time, all that is imported on the way is there
        (tmp_path / name).mkdir()
        work.prepare(tmp_path / name)
        seconds = finish(work.args, tmp_path / name)
    expected = outputs(tmp_path / "once")
    assert expected == outputs(tmp_path / "again")
    with tally(f"kills: {work.name}") as kills:
        for seed in range(work.trials if complete else work.sample):
            with kills.trial(f"seed {seed}"):
                disturbed(work, seed, tmp_path / "trial", expected, seconds)


@pytest.mark.ray
def test_a_batch_ends_with_the_same_bytes_when_a_node_is_killed(complete: bool, tally: Tallies, tmp_path: Path) -> None:
    if not complete:
        pytest.skip("takes too long for a sample: make torture; jobs/executors/test_node_death.py kills one")
    chance, trials = random.Random(13), []
    for number in range(1 + CLUSTER_TRIALS):  # the first is not disturbed
        folder = tmp_path / str(number)
        twelve_photos(folder)
        delay = chance.uniform(*CLUSTER_SECONDS) if number else None
        trials.append({"folder": str(folder), "args": [*LONG_BATCH, "--workers", "2"], "delay": delay})
    line = [sys.executable, "-m", "tests.torture.cluster_trials", json.dumps(trials)]
    run = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE * len(trials))
    results = [json.loads(text) for text in run.stdout.splitlines() if text.startswith("{")]
    assert len(results) == len(trials), run.stderr
    expected = outputs(tmp_path / "0")
    with tally("kills: a node of a cluster") as kills:
        for trial, result in zip(trials[1:], results[1:], strict=True):
            with kills.trial(f"a node dies after {trial['delay']:.2f} s"):
                assert result["died"], "the batch was over before"
                assert result["code"] == 0 and "Traceback" not in result["said"], result["said"]
                assert outputs(Path(trial["folder"])) == expected
                states = [entry.state for entry in Journal(Path(trial["folder"], OUT)).entries()]
                assert states == ["done"] * len(expected)
