from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamer.errors import NoInputError, OutputError, UsageError
from dreamer.jobs.inputs import find_inputs
from dreamer.jobs.job import Job, make_recipe
from dreamer.pictures import write_picture
from dreamer.presets import Preset
from dreamer.recipes import Recipe, parse_recipe
from tests.jobs.conftest import planned


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("b10.png", "b9.png", "a.png")):
        write_picture(tmp_path / "in" / name, torch.full((3, 8, 8), number / 4))
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    return tmp_path


def preset(**keys: object) -> Preset:
    return Preset.model_validate({"targets": [{"layer": "conv1"}], **keys})


def job(folder: Path, name: str = "a.png", **keys: object) -> Job:
    (job,) = planned([str(folder / "in" / name)], [("mine", preset(**keys))], "out/{stem}.png")
    return job


def recipe(folder: Path, *, weights: str = "", **keys: object) -> Recipe:
    made = make_recipe(job(folder, **keys), weights=weights)
    assert made is not None
    return made


def test_inputs_are_files_folders_in_natural_order_and_noise(folder: Path) -> None:
    assert [each.source for each in find_inputs(["in"])] == [Path("in/a.png"), Path("in/b9.png"), Path("in/b10.png")]
    assert [each.source for each in find_inputs(["in/a.png", "noise", "in/a.png"])] == [Path("in/a.png"), None]


def test_folders_inside_are_left_out_where_only_the_folder_is_meant(folder: Path) -> None:
    write_picture(folder / "in" / "deep" / "c.png", torch.zeros(3, 8, 8))
    assert len(find_inputs(["in"])) == 4
    assert len(find_inputs(["in"], below=False)) == 3


@pytest.mark.parametrize(
    ("text", "told"), [("in/c.png", r"in/c\.png: no such file.*\n.*a\.png"), ("empty", "no pictures")]
)
def test_inputs_that_are_not_there(text: str, told: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(NoInputError, match=told):
        find_inputs([text])


def test_every_input_meets_every_preset(folder: Path) -> None:
    sources = ["in/a.png", "in/b9.png", "in/b10.png", None]
    jobs = planned(sources, [("one", preset()), ("two", preset(seed=3))], "out/{preset}/{name}-{seed}-{network}.png")
    assert len(jobs) == 8
    assert str(jobs[1].output) == "out/two/a.png-3-pocket.png"
    assert str(jobs[-1].output) == "out/two/noise-3-pocket.png"
    assert jobs[-1].preset.canvas.start == "noise"
    assert jobs[0].preset.canvas.start == "photo"


def test_a_folder_as_output_names_files_in_it(folder: Path) -> None:
    (job,) = planned(["in/a.png"], [("one", preset())], "out/")
    assert str(job.output) == "out/a-one.png"


@pytest.mark.parametrize(
    ("template", "error", "told"),
    [
        ("out/same.png", UsageError, "would both be written here"),
        ("out/{colour}.png", UsageError, r"unknown field \{colour\}"),
        ("out/{stem.png", UsageError, "output"),
        ("in/{name}", OutputError, "would overwrite the input"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_any_work(
    template: str, error: type[Exception], told: str, folder: Path
) -> None:
    with pytest.raises(error, match=told):
        planned(["in/a.png", "in/b9.png"], [("one", preset())], template)


def test_states_are_told_by_the_recipe_inside(folder: Path) -> None:
    assert job(folder).state == "new"
    output = Path("out/a.png")
    write_picture(output, torch.zeros(3, 8, 8), recipe=recipe(folder).to_json())
    assert job(folder).state == "done"
    assert job(folder, seed=4).state == "stale"
    write_picture(output, torch.zeros(3, 8, 8))
    assert job(folder).state == "exists"
    output.unlink()
    output.symlink_to("nowhere")
    assert job(folder).state == "exists"


def test_a_key_is_of_contents_not_of_names(folder: Path) -> None:
    key = job(folder).key
    (folder / "in" / "a.png").rename(folder / "in" / "c.png")
    assert job(folder, "c.png").key == key
    assert job(folder, "b9.png").key != key
    assert job(folder, "c.png", seed=1).key != key


def test_a_key_knows_the_pictures_that_the_preset_names(folder: Path) -> None:
    guided = {"targets": [{"layer": "conv1", "guide": str(folder / "in" / "b9.png")}]}
    before = job(folder, **guided).key
    write_picture(folder / "in" / "b9.png", torch.ones(3, 8, 8))
    assert job(folder, **guided).key != before


def test_a_recipe_survives_and_tells_nothing_of_its_maker(folder: Path) -> None:
    made = recipe(folder, title="Träume", weights="abc")
    text = made.to_json()
    assert str(folder) not in text
    assert parse_recipe(text, where="x") == made
