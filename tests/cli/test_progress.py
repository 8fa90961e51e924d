"""What a person sees on a terminal while jobs run."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from dreamer.cli.event_texts import TimeLeft, describe
from dreamer.cli.progress import JsonLines, Lines, Live
from dreamer.dreaming.events import StepDone, TileDone
from dreamer.errors import PictureError
from dreamer.jobs.events import FrameDone, JobDone, JobEvent, JobFailed, JobMoved, JobProgress, JobSkipped, JobStarted
from dreamer.jobs.job import FilmSettings, Job
from dreamer.presets import Preset

PRESET = Preset.model_validate({"targets": [{"layer": "conv2"}]})


def job(name: str, *, film: bool = False) -> Job:
    return Job(Path(f"{name}.png"), PRESET, "mine", Path(f"{name}.out.png"), FilmSettings() if film else None)


def live(**work: float) -> Live:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    return Live(console, {f"{name}.out.png": each for name, each in work.items()}, verbose=False)


def step(share: float) -> StepDone:
    return StepDone(1, 2, 3, 4, 10, 10, torch.tensor([0.5]), share)


def shown(display: Live, *events: JobEvent) -> tuple[float, list[tuple[str, float]]]:
    """The share of all work that is done, and each line that is seen below it: its name and share."""
    with display:
        for event in events:
            display(event)
    whole, *lines = display.bars.tasks
    return whole.percentage / 100, [(line.fields["name"], line.completed) for line in lines]


def test_the_bar_counts_work_not_pictures() -> None:
    done = JobDone(job("small"), 1.0, 10, 10)
    assert shown(live(small=1.0, large=9.0), done) == (pytest.approx(0.1), [])
    moved = JobProgress(job("large"), step(0.5))
    assert shown(live(small=1.0, large=9.0), done, moved) == (pytest.approx(0.55), [("large.png", 0.5)])


def test_every_worker_has_a_line_until_it_is_done() -> None:
    events: list[JobEvent] = [JobMoved(job("a"), 0.5), JobMoved(job("b"), 0.25)]
    assert shown(live(a=1.0, b=1.0), *events) == (pytest.approx(0.375), [("a.png", 0.5), ("b.png", 0.25)])
    events.append(JobFailed(job("a"), PictureError("is broken")))
    assert shown(live(a=1.0, b=1.0), *events) == (pytest.approx(0.625), [("b.png", 0.25)])


def test_a_job_that_is_tried_again_does_not_begin_with_its_last_failure() -> None:
    renamed = replace(job("a"), reason="a.out.png was made with another seed")
    assert describe(JobStarted(renamed)) == renamed.reason
    assert describe(JobStarted(replace(job("a"), state="failed", reason="is broken"))) == ""


def test_pictures_that_go_together_move_together() -> None:
    moved = JobMoved(job("a"), 0.5, together=4)
    assert shown(live(a=1.0, b=1.0, c=1.0, d=1.0), moved) == (pytest.approx(0.5), [("a.png and 3 more", 0.5)])
    first = JobDone(job("a"), 1.0, 10, 10)
    assert shown(live(a=1.0, b=1.0, c=1.0, d=1.0), moved, first) == (pytest.approx(0.5), [])


def test_a_film_moves_by_its_frames() -> None:
    film = job("film", film=True)
    events: list[JobEvent] = [FrameDone(film, 3, 10), JobProgress(film, step(0.9))]
    assert shown(live(film=1.0), *events) == (pytest.approx(0.3), [("film.png", 0.3)])


def test_what_is_skipped_takes_no_time_and_what_comes_later_counts() -> None:
    assert shown(live(a=1.0, b=3.0), JobSkipped(job("a")), JobMoved(job("b"), 0.5))[0] == pytest.approx(0.5)
    assert shown(live(a=1.0), JobDone(job("a"), 1.0, 10, 10), JobMoved(job("later"), 0.5))[0] == pytest.approx(0.75)


def test_a_single_job_has_one_line() -> None:
    display = live(a=1.0)
    shown(display, JobMoved(job("a"), 0.5))
    assert [task.visible for task in display.bars.tasks] == [False, True]


def test_names_are_no_markup() -> None:
    display = live(**{"[red]": 1.0})
    shown(display, JobMoved(job("[red]"), 0.5))
    assert "[red].png" in display.console.file.getvalue()  # type: ignore[attr-defined]


def tile(share: float) -> JobProgress:
    return JobProgress(job("a"), TileDone(2, 3, 1, 4, 5, 16, share))


def test_the_bar_moves_with_tiles() -> None:
    assert shown(live(a=1.0), tile(0.4)) == (pytest.approx(0.4), [("a.png", 0.4)])


def test_what_takes_long_is_told_of_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    display = Lines(verbose=False, quiet=False)
    display.left = TimeLeft(lambda: now[0])
    for seconds, share in ((0, 0.1), (30, 0.2), (61, 0.3), (90, 0.35), (122, 0.5)):
        now[0] = seconds
        display(tile(share))
    assert capsys.readouterr().err.splitlines() == [
        "  octave 2/3, step 1/4, tile 5/16, 30%, 4 min left",
        "  octave 2/3, step 1/4, tile 5/16, 50%, 3 min left",
    ]


def test_time_left_is_by_what_was_done_since_it_began() -> None:
    now = [100.0]
    left = TimeLeft(lambda: now[0])
    assert left.after(0.5) is None  # taken up where another command was stopped
    now[0] = 110.0
    assert left.after(0.6) == pytest.approx(40)
    assert left.after(0.1) is None  # the next picture


def test_json_tells_of_tiles_and_of_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    display = JsonLines()
    display(tile(0.25))
    display(tile(0.5))
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["tile"], first["tiles"], first["work"]) == ("tile_done", 5, 16, 0.25)
    assert "seconds_left" not in first and second["seconds_left"] >= 0
