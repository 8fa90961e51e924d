"""Jobs on the real pocket network, at the smallest sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamer.errors import PictureError, TargetError
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobSkipped, NetworkReady
from dreamer.jobs.job import Job
from dreamer.pictures import read_picture, read_recipe, write_picture
from dreamer.presets import Preset
from tests.jobs.conftest import planned, run_inline


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("a.png", "b.png")):
        write_picture(Path("in") / name, torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(number)))
    return tmp_path


def jobs(*names: str, layer: str = "conv2", **keys: object) -> list[Job]:
    tree = {"targets": [{"layer": layer}], "octaves": {"count": 1, "steps": 2}, **keys}
    return planned([f"in/{name}" for name in names], [("mine", Preset.model_validate(tree))], "out/{stem}.png")


def run(plan: list[Job], **options: bool) -> list[JobEvent]:
    events: list[JobEvent] = []
    run_inline(plan, events.append, **options)
    return events


def of(events: list[JobEvent], kind: type[JobEvent]) -> list[JobEvent]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.slow
def test_what_is_finished_is_skipped_and_what_is_stale_redone(folder: Path) -> None:
    first = run(jobs("a.png", "b.png"))
    assert len(of(first, JobDone)) == 2
    assert len(of(first, NetworkReady)) == 1
    second = run(jobs("a.png", "b.png"))
    assert len(of(second, JobSkipped)) == 2
    assert not of(second, NetworkReady)
    assert len(of(run(jobs("a.png", seed=5)), JobDone)) == 1
    before = Path("out/a.png").read_bytes()
    run(jobs("a.png", seed=5), force=True)
    assert Path("out/a.png").read_bytes() == before


def test_files_of_others_are_left_alone(folder: Path) -> None:
    write_picture(Path("out/a.png"), torch.zeros(3, 8, 8))
    before = Path("out/a.png").read_bytes()
    (failed,) = of(run(jobs("a.png")), JobFailed)
    assert isinstance(failed, JobFailed)
    assert "a file that dreamer did not write is in the way" in str(failed.error)
    assert Path("out/a.png").read_bytes() == before
    assert len(of(run(jobs("a.png"), force=True), JobDone)) == 1


def test_a_broken_picture_fails_alone(folder: Path) -> None:
    Path("in/a.png").write_bytes(Path("in/a.png").read_bytes()[:300])
    events = run(jobs("a.png", "b.png"))
    (failed,) = of(events, JobFailed)
    assert isinstance(failed, JobFailed)
    assert isinstance(failed.error, PictureError)
    assert len(of(events, JobDone)) == 1


@pytest.mark.slow
def test_a_wrong_layer_stops_everything(folder: Path) -> None:
    with pytest.raises(TargetError, match="conv2"):
        run(jobs("a.png", "b.png", layer="conv22"))
    assert not Path("out").exists()


def test_without_recipe_there_is_none_inside(folder: Path) -> None:
    run(jobs("a.png"), with_recipe=False)
    assert read_recipe(Path("out/a.png")) is None


def test_alpha_goes_along(folder: Path) -> None:
    alpha = torch.zeros(1, 48, 64)
    alpha[..., 32:] = 1
    write_picture(Path("in/a.png"), torch.rand(3, 48, 64), alpha=alpha)
    run(jobs("a.png"))
    found = read_picture(Path("out/a.png")).alpha
    assert found is not None
    assert torch.equal(found, alpha)
