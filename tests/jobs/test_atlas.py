from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from dreamer.inspection import atlas
from dreamer.jobs.atlas import plan_atlas
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobSkipped
from dreamer.jobs.executors import Inline
from dreamer.jobs.run import Choices, JobRun
from dreamer.jobs.studies import Studies
from dreamer.networks import Network, load_network
from dreamer.pictures import read_picture
from dreamer.presets import Preset, load_preset


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket", device="cpu", precision="float32")


@pytest.fixture
def study() -> Preset:
    changes = ["octaves.output_scale=1", "octaves.count=2", "octaves.steps=2", "canvas.size=64", "network=pocket"]
    return load_preset("kernel-study", changes)


def draw_atlas(
    study: Preset, name: str, subjects: list[atlas.Subject], folder: Path, network: Network
) -> list[atlas.Drawn]:
    """The atlas' jobs, run as the command does."""
    plan = plan_atlas(Studies(name, study), subjects, folder)
    fresh: dict[str, bool] = {}

    def hear(event: JobEvent) -> None:
        assert not isinstance(event, JobFailed), event
        if isinstance(event, (JobDone, JobSkipped)):
            fresh[event.job.place] = isinstance(event, JobDone)

    with Inline(network=network) as executor:
        JobRun(plan, Choices(stale=True), hear).run(executor)
    return [
        atlas.Drawn(subject, Path(job.place), fresh=fresh[job.place])
        for subject, job in zip(subjects, plan, strict=True)
    ]


def pixels(drawn: atlas.Drawn) -> torch.Tensor:
    return read_picture(drawn.path).pixels


@pytest.mark.slow
def test_kernels_drawn_together_are_as_drawn_alone(network: Network, study: Preset, tmp_path: Path) -> None:
    subjects = list(atlas.kernel_subjects(network, ["maxpool1", "maxpool2"], [1, 2, 3, 5, 8]))
    together = draw_atlas(study, "study", subjects, tmp_path / "together", network)
    assert [each.subject for each in together] == subjects and all(each.fresh for each in together)
    for each in together[::3]:
        (alone,) = draw_atlas(study, "study", [each.subject], tmp_path / "alone", network)
        assert torch.equal(pixels(alone), pixels(each))
    pictures = [pixels(each) for each in together]
    assert all(float((one - pictures[0]).abs().mean()) > 0.005 for one in pictures[1:])


def test_an_atlas_goes_on_where_it_was_stopped(network: Network, study: Preset, tmp_path: Path) -> None:
    subjects = list(atlas.kernel_subjects(network, ["maxpool1"], [0, 1, 2]))
    draw_atlas(study, "study", subjects[:2], tmp_path, network)
    again = draw_atlas(study, "study", subjects, tmp_path, network)
    assert [each.fresh for each in again] == [False, False, True]
    changed = study.model_copy(update={"seed": 9})
    assert all(each.fresh for each in draw_atlas(changed, "study", subjects, tmp_path, network))


def test_all_kinds_of_subjects_are_drawn(network: Network, study: Preset, tmp_path: Path) -> None:
    subjects = [
        *atlas.unit_subjects(network, ["maxpool2"], [4]),
        *atlas.class_subjects(network, ["daisy", "panda"]),
        *atlas.direction_subjects(network, ["maxpool2"], 2, 0),
        *atlas.pair_subjects(network, "maxpool2", [(3, 7)], 3),
    ]
    drawn = draw_atlas(study, "study", subjects, tmp_path, network)
    assert len(drawn) == 8 and all(float(pixels(each).std()) > 0.01 for each in drawn)
    sheets = atlas.draw_sheets(drawn, tmp_path, "pocket")
    assert [path.stem for path in sheets] == ["maxpool2 units", "classes", "maxpool2 directions", "maxpool2 pairs"]
    with Image.open(sheets[1]) as sheet:
        assert sheet.width > 2 * 128
    assert "class = " in drawn[1].subject.lines
