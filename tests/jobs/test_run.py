"""Whole batches on a fake executor, and the real command line on the real network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from dreamer.cli import main
from dreamer.errors import PictureError
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobStarted
from dreamer.jobs.executors import Executor, Inline
from dreamer.jobs.job import Job, Task
from dreamer.jobs.journal import Journal
from dreamer.jobs.orders import Order
from dreamer.jobs.plan import plan_batch
from dreamer.jobs.run import Choices, JobRun, Tally, journaled_run
from dreamer.pictures import read_picture, write_picture
from tests.jobs.conftest import add_photo, claimed_elsewhere

OUT = Path("out")
TINY = ("--size", "48", "--set", "octaves.count=1", "--set", "octaves.steps=1", "--precision", "float32")


class Fake(Executor):
    """Writes a file for every task, and remembers in which tasks they came."""

    def __init__(self, fails: Callable[[str], bool] = lambda name: False) -> None:
        self.fails, self.tasks = fails, []  # type: ignore[var-annotated]

    def run(self, tasks: Iterator[Task | None]) -> Iterator[JobEvent | None]:
        for task in tasks:
            assert task is not None
            self.tasks.append([job.name for job in task])
            for job in task:
                if self.fails(job.name):
                    yield JobFailed(job, PictureError("is broken"))
                else:
                    Path(job.place).parent.mkdir(parents=True, exist_ok=True)
                    Path(job.place).touch()
                    yield JobDone(job, 0.1, 48, 48)


class Recorded(Fake):
    """Writes pictures with their recipes."""

    def run(self, tasks: Iterator[Task | None]) -> Iterator[JobEvent | None]:
        for task in tasks:
            for job in task or ():
                assert job.recipe is not None
                write_picture(job.place, torch.zeros(3, 8, 8), recipe=job.recipe.to_json())
                yield JobDone(job, 0.1, 8, 8)


def run(fake: Fake, *, presets: tuple[str, ...] = ("whisper",), **choices: object) -> Tally:
    journal = Journal(OUT)
    plan = plan_batch([Order(inputs=("photos",), presets=presets, size=48)], OUT, journal)
    batch = journaled_run(plan, OUT, journal, Choices(**choices), lambda event: None)  # type: ignore[arg-type]
    tally = batch.run(fake)
    journal.close()
    return tally


def names(fake: Fake) -> list[str]:
    return [name for task in fake.tasks for name in task]


def test_finished_jobs_are_skipped(folder: Path) -> None:
    assert run(Fake()).done == 3
    again = Fake()
    tally = run(again)
    assert (tally.done, tally.skipped, again.tasks) == (0, 3, [])
    add_photo("photos/4.png", 4)
    assert run(again).done == 1 and names(again) == ["4.png"]


def test_pictures_of_one_size_go_together(folder: Path) -> None:
    add_photo("photos/wide.png", 5, (40, 80))
    fake = Fake()
    run(fake, presets=("whisper", "halo"))
    assert sorted(fake.tasks) == [["1.png", "2.png", "3.png"]] * 2 + [["wide.png"]] * 2


def test_failed_jobs_are_listed_and_tried_again_when_asked(folder: Path) -> None:
    tally = run(Fake(lambda name: name == "2.png"))
    assert tally.done == 2 and list(tally.failed.values()) == ["is broken"]
    again = Fake()
    assert list(run(again).failed.values()) == ["is broken"] and again.tasks == []
    tally = run(again, again=True)
    assert (tally.done, tally.failed, names(again)) == (1, {}, ["2.png"])


def test_a_finished_job_that_failed_to_be_examined_is_done_again_in_the_journal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(source: object) -> None:
        raise MemoryError

    run(Recorded())
    with monkeypatch.context() as patched:
        patched.setattr("dreamer.jobs.job.source_size", no_memory)
        assert len(run(Fake()).failed) == 3
    assert {entry.state for entry in Journal(OUT).entries()} == {"failed"}
    tally = run(Fake())
    assert (tally.skipped, tally.failed) == (3, {})
    assert {entry.state for entry in Journal(OUT).entries()} == {"done"}


def test_stale_jobs_are_redone_only_when_asked(folder: Path) -> None:
    run(Fake())
    add_photo("photos/2.png", 99)
    fake = Fake()
    assert run(fake).stale == 1 and fake.tasks == []
    assert run(fake, stale=True).done == 1 and names(fake) == ["2.png"]
    assert run(Fake()).skipped == 3


def test_the_limit_and_the_first_failure_stop_it(folder: Path) -> None:
    fake = Fake()
    tally = run(fake, limit=2)
    assert (tally.done, len(names(fake))) == (2, 2)
    for number in range(4, 30):
        add_photo(f"photos/{number}.png", number)
    tally = run(Fake(lambda name: True), fail_fast=True)
    assert 1 <= len(tally.failed) <= 8 and tally.left == 27 - len(tally.failed)


@pytest.mark.slow
def test_what_is_written_while_a_run_is_broken_off_is_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(job: Job, *rest: object) -> JobDone:
        time.sleep(0.2)
        Path(job.place).parent.mkdir(parents=True, exist_ok=True)
        Path(job.place).touch()
        return JobDone(job, 0.1, 48, 48)

    def listen(event: JobEvent) -> None:
        if isinstance(event, JobStarted) and event.job.name == "4.png":
            raise KeyboardInterrupt

    add_photo("photos/4.png", 4, (48, 40))  # of another size, so in a task of its own
    monkeypatch.setattr("dreamer.jobs.render.write_still", write)
    journal = Journal(OUT)
    plan = plan_batch([Order(inputs=("photos",), presets=("whisper",), size=48)], OUT, journal)
    batch = journaled_run(plan, OUT, journal, Choices(with_recipe=False), listen)
    with Inline(device="cpu") as executor, pytest.raises(KeyboardInterrupt):
        batch.run(executor)
    journal.close()
    assert batch.tally.done == 3 and [entry.state for entry in Journal(OUT).entries()] == ["done"] * 3


def test_everything_is_forced(folder: Path) -> None:
    run(Fake())
    fake = Fake()
    assert run(fake, force=True).done == 3


def test_a_job_that_another_process_has_is_left_to_it(folder: Path) -> None:
    journal = Journal(OUT)
    plan = plan_batch([Order(inputs=("photos",), presets=("whisper",), size=48)], OUT, journal)
    with claimed_elsewhere(OUT, plan[1].output):
        fake = Fake()
        tally = run(fake)
        assert (tally.done, tally.elsewhere, sorted(names(fake))) == (2, 1, ["1.png", "3.png"])
    fake = Fake()
    assert run(fake).done == 1 and names(fake) == ["2.png"]


def test_what_another_process_has_done_meanwhile_is_not_done_again(folder: Path) -> None:
    journal = Journal(OUT)
    plan = plan_batch([Order(inputs=("photos",), presets=("whisper",), size=48)], OUT, journal)
    batch = journaled_run(plan, OUT, journal, Choices(), lambda event: None)
    run(Fake())
    fake = Fake()
    tally = batch.run(fake)
    assert (tally.done, tally.skipped, fake.tasks) == (0, 3, [])


def test_what_another_process_has_written_before_it_was_killed_is_not_done_again(folder: Path) -> None:
    def batch() -> JobRun:
        journal = Journal(OUT)
        plan = plan_batch([Order(inputs=("photos",), presets=("whisper",), size=48)], OUT, journal)
        return journaled_run(plan, OUT, journal, Choices(), lambda event: None)

    waiting = batch()
    assert batch().run(Recorded()).done == 3
    (OUT / ".dreamer" / "journal.jsonl").unlink()
    Path("out/whisper/3.png").write_bytes(b"someone else's")
    fake = Fake()
    tally = waiting.run(fake)
    assert (tally.done, tally.skipped, fake.tasks) == (0, 2, [])
    assert "something else" in tally.failed["out/whisper/3.png"]


@pytest.mark.slow
def test_a_thousand_jobs_are_planned_and_journaled_quickly(folder: Path) -> None:
    data = Path("photos/1.png").read_bytes()
    for number in range(1000):
        Path(f"photos/copy{number}.png").write_bytes(data)
    journal = Journal(OUT)
    began = time.process_time()
    plan = plan_batch([Order(inputs=("photos",), presets=("whisper",), size=48)], OUT, journal)
    assert time.process_time() - began < 8  # about a tenth of that on an idle machine
    assert len(plan) == 1003
    fake = Fake()
    journaled_run(plan, OUT, journal, Choices(), lambda event: None).run(fake)
    assert len(names(fake)) == len(set(names(fake))) == 1003
    assert not list((OUT / ".dreamer" / "claims").iterdir())
    assert Counter(each.state for each in plan_batch(
        [Order(inputs=("photos",), presets=("whisper",), size=48)], OUT, Journal(OUT)
    )) == {"done": 1003}  # fmt: skip


def dreamer(*args: str) -> Result:
    return CliRunner().invoke(main, args, prog_name="dreamer")


@pytest.mark.slow
def test_the_command_line_does_a_folder_and_goes_on(folder: Path) -> None:
    Path("photos/zero.png").touch()
    first = dreamer("batch", "photos", "-p", "whisper", "-o", "out", "--json", *TINY)
    assert first.exit_code == 1, first.output
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert Counter(line["event"] for line in lines) == {"done": 3, "failed": 1}
    assert "3 done, 1 failed" in first.stderr and "the file is empty" in first.stderr
    assert read_picture("out/whisper/2.png").pixels.shape == (3, 40, 48)
    second = dreamer("batch", "photos", "-p", "whisper", "-o", "out", *TINY)
    assert second.exit_code == 1 and "3 done already, 1 failed" in second.stderr
    Path("photos/zero.png").unlink()
    assert dreamer("batch", "photos", "-p", "whisper", "-o", "out", *TINY).exit_code == 0


def test_the_plan_is_printed_and_nothing_is_touched(folder: Path) -> None:
    result = dreamer("batch", "photos", "-p", "whisper", "-o", "out", "-n", "--json", *TINY)
    assert result.exit_code == 0, result.output
    assert [json.loads(line)["state"] for line in result.stdout.splitlines()] == ["new"] * 3
    assert "3 new; about" in result.stderr and not Path("out").exists()


def test_names_in_a_plan_cannot_steer_a_terminal(folder: Path) -> None:
    Path("photos/1.png").rename("photos/\x1b[2J.png")
    Path("photos/\x1b[31mbad.png").write_bytes(b"no picture")
    result = CliRunner().invoke(main, ("batch", "photos", "-p", "whisper", "-o", "out", "-n", *TINY), color=True)
    assert result.exit_code == 0 and "\x1b" not in result.output and r"photos/\x1b[2J.png" in result.output


def test_a_batch_needs_inputs_and_presets(folder: Path) -> None:
    for args in (("batch", "photos"), ("batch", "-p", "whisper"), ("batch", "photos", "-p", "whisper", "--ship")):
        result = dreamer(*args)
        assert result.exit_code == 2 and "Traceback" not in result.output
    assert dreamer("batch", "nowhere", "-p", "whisper").exit_code == 3
    assert "batch --jobs my.toml" in dreamer("batch", "my.toml").output


@pytest.mark.slow
def test_every_ugly_file_is_accounted_for(folder: Path) -> None:
    good = Path("photos/1.png").read_bytes()
    names = [
        "a b.png",
        "quo\"te's.png",
        "émoji 🦊.png",
        "new\nline.png",
        "<script>alert(1)<\u2215script>.png",
        "x" * 251 + ".png",
        "per%cent{braces}.png",
    ]
    for name in names:
        Path("photos", name).write_bytes(good)
    Path("photos/zero.png").touch()
    Path("photos/cut.png").write_bytes(good[: len(good) // 2])
    Path("photos/text.jpg").write_text("not a picture")
    Path("photos/folder.png").mkdir()
    os.symlink(".", "photos/circle")
    os.symlink("gone.png", "photos/dangling.png")
    secret = Path("photos/secret.png")
    secret.write_bytes(good)
    secret.chmod(0)
    result = dreamer("batch", "photos", "-p", "whisper", "-o", "out", "--json", *TINY)
    assert result.exit_code == 1 and "Traceback" not in result.output
    events = [json.loads(line) for line in result.stdout.splitlines()]
    done = [Path(event["output"]).name for event in events if event["event"] == "done"]
    failed = {Path(event["output"]).name: event["error"] for event in events if event["event"] == "failed"}
    readable = ["secret.png"] if os.geteuid() == 0 else []
    assert sorted(done) == sorted([*names, "1.png", "2.png", "3.png", *readable])
    assert {*failed, *readable} == {"zero.png", "cut.png", "text.png", "dangling.png", "secret.png"}
    for name in done:
        assert (Path("out/whisper") / name).is_file()


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "dreamer", "batch", "photos", "-p", "whisper", "-o", "out", "--no-gallery", *args]


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_with_what_is_missing(folder: Path) -> None:
    for number in range(4, 13):
        add_photo(f"photos/{number}.png", number, (40, 48 + number))
    slow = ("--size", "48", "--set", "octaves.steps=40", "--precision", "float32")
    with subprocess.Popen(command(*slow), stderr=subprocess.PIPE, text=True) as process:
        while len(list(Path("out").glob("whisper/*.png"))) < 3:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    there = {path: path.stat().st_mtime_ns for path in Path("out/whisper").glob("[0-9]*.png")}
    result = subprocess.run(command(*slow), capture_output=True, text=True, check=True)
    assert f"{12 - len(there)} done" in result.stderr, result.stderr
    assert len(list(Path("out/whisper").glob("[0-9]*.png"))) == 12
    for path, changed in there.items():
        assert path.stat().st_mtime_ns == changed


@pytest.mark.slow
def test_two_commands_on_one_folder_share_the_work(folder: Path) -> None:
    for number in range(4, 11):
        add_photo(f"photos/{number}.png", number, (40, 48 + number))
    slow = ("--size", "48", "--set", "octaves.steps=30", "--precision", "float32", "--json")
    both = [
        subprocess.Popen(command(*slow), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in "ab"
    ]
    outputs = [json.loads(line)["output"] for each in both for line in each.communicate()[0].splitlines()]
    assert sorted(outputs) == sorted({f"out/whisper/{number}.png" for number in range(1, 11)})


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(folder: Path) -> None:
    for number in range(4, 30):
        add_photo(f"photos/{number}.png", number, (40, 48 + number))
    slow = ("--size", "48", "--set", "octaves.steps=40", "--precision", "float32")
    with subprocess.Popen(command(*slow), stderr=subprocess.PIPE, text=True) as process:
        while not list(Path("out").glob("whisper/*.png")):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "Run the same command again to continue" in said and "Traceback" not in said
    assert not list(Path("out").rglob("*.part"))


@pytest.mark.slow
def test_watching_takes_what_arrives(folder: Path) -> None:
    tiny = ("--size", "48", "--set", "octaves.steps=1", "--precision", "float32", "--watch")
    with subprocess.Popen(command(*tiny), stderr=subprocess.PIPE, text=True) as process:
        wait_for(process, "out/whisper/3.png")
        add_photo("photos/late.png", 8)
        wait_for(process, "out/whisper/late.png")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


def wait_for(process: subprocess.Popen[str], path: str) -> None:
    until = time.monotonic() + 60
    while not Path(path).exists():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("workers", ["2"])
@pytest.mark.slow
def test_workers_share_the_work(folder: Path, workers: str) -> None:
    result = dreamer("batch", "photos", "-p", "whisper", "-o", "out", "--workers", workers, *TINY)
    assert result.exit_code == 0 and "3 done" in result.stderr, result.output
