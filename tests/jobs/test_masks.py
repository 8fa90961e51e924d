"""Masks that are found, through jobs: stills, batches and films, with the pocket network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamer.errors import TargetError
from dreamer.jobs.events import JobDone, JobEvent
from dreamer.jobs.job import Job, job_key
from dreamer.pictures import read_picture, write_picture
from dreamer.presets import Preset
from tests.jobs.conftest import planned, run_inline


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos of a red ball on green, to the left and to the right."""
    monkeypatch.chdir(tmp_path)
    y, x = torch.meshgrid(torch.arange(72), torch.arange(96), indexing="ij")
    for name, center in (("left", 30), ("right", 66)):
        ball = ((y - 36) ** 2 + (x - center) ** 2) < 20**2
        colors = torch.tensor([[0.2, 0.45, 0.2], [0.75, 0.15, 0.1]]).view(2, 3, 1, 1)
        write_picture(f"in/{name}.png", torch.where(ball, colors[1], colors[0]))
    return tmp_path


def jobs(mask: dict[str, object], names: tuple[str, ...] = ("left", "right"), **keys: object) -> list[Job]:
    tree = {
        "targets": [{"layer": "conv2"}],
        "octaves": {"count": 1, "steps": 2},
        "canvas": {"mask": mask},
        "ascent": {"step_size": 0.05},
        **keys,
    }
    return planned([f"in/{name}.png" for name in names], [("mine", Preset.model_validate(tree))], "out/{stem}.png")


def run(plan: list[Job]) -> list[JobEvent]:
    events: list[JobEvent] = []
    run_inline(plan, events.append)
    return events


def changed(name: str) -> np.ndarray:
    """(H, W) bool: where a dream is not its photo."""
    before, after = (read_picture(f"{place}/{name}.png").pixels for place in ("in", "out"))
    difference: np.ndarray = ((before - after).abs().amax(0) > 1.5 / 255).numpy()
    return difference


def test_each_photo_of_a_batch_is_dreamt_on_its_own_subject(folder: Path) -> None:
    run(jobs({"subject": True}))
    left, right = changed("left"), changed("right")
    assert left[:, 14:46].mean() > 0.4 and left[:, 58:].mean() == 0
    assert right[:, 50:82].mean() > 0.4 and right[:, :38].mean() == 0
    together = Path("out/right.png").read_bytes()
    run(jobs({"subject": True}, ("right",)))
    assert Path("out/right.png").read_bytes() == together


def test_a_word_that_is_no_class_fails_by_name(folder: Path) -> None:
    with pytest.raises(TargetError, match="there is no class 'unicorn'"):
        run(jobs({"find": "unicorn"}))


def test_what_is_not_found_is_a_warning_and_the_photo_stays(folder: Path) -> None:
    (done,) = [event for event in run(jobs({"find": "grand piano"}, ("left",))) if isinstance(event, JobDone)]
    assert "nothing_found" in {warning.kind for warning in done.warnings}
    assert not changed("left").any()


def test_every_word_of_a_mask_is_part_of_the_key(folder: Path) -> None:
    masks = ({"subject": True}, {"find": "dog"}, {"find": "cat"}, {"subject": True, "grow": 0.1})
    assert len({job_key(jobs(mask, ("left",))[0]) for mask in masks}) == len(masks)


def test_a_film_is_a_mask_frame_by_frame(folder: Path) -> None:
    halves = [Image.new("L", (96, 72)) for _ in range(2)]
    halves[0].paste(255, (0, 0, 48, 72))
    halves[1].paste(255, (48, 0, 96, 72))
    halves[0].save("mask.gif", save_all=True, append_images=halves[1:], duration=100)
    (job,) = jobs({"picture": "mask.gif", "feather": 0}, ("left",))
    before = job_key(job)
    run([job])
    assert changed("left")[:, :46].any() and not changed("left")[:, 50:].any()
    halves[1].save("mask.gif", save_all=True, append_images=halves[:1], duration=100)
    assert job_key(job) != before
