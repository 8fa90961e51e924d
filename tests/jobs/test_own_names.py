from __future__ import annotations

from pathlib import Path

import torch

from dreamer.film.frame_facts import FrameFacts, write_frame_facts
from dreamer.jobs.film_keys import film_key
from dreamer.jobs.job import FilmSettings, Job, make_recipe
from dreamer.jobs.own_names import with_own_names
from dreamer.pictures import write_picture
from dreamer.presets import Preset
from tests.jobs.conftest import planned

PHOTO = "photos/1.png"


def plan(*sources: str, seed: int = 0) -> list[Job]:
    preset = Preset.model_validate({"targets": [{"layer": "conv1"}], "seed": seed})
    return planned(sources or [PHOTO], [("mine", preset)], "out/{stem}.png")


def make(job: Job) -> Path:
    """Write the output of a job, as if it had been rendered."""
    recipe = make_recipe(job)
    assert recipe is not None and job.output is not None
    write_picture(job.output, torch.zeros(3, 8, 8), recipe=recipe.to_json())
    return job.output


def test_other_settings_get_a_name_of_their_own_and_find_it_again(folder: Path) -> None:
    first = make(plan()[0])
    kept = first.read_bytes()
    names = []
    for seed in (1, 2):
        (job,) = with_own_names(plan(seed=seed))
        assert job.state == "new" and job.reason.startswith("out/1.png was made with another seed")
        names.append(str(make(job)))
    assert names == ["out/1-2.png", "out/1-3.png"] and first.read_bytes() == kept
    for seed, name in enumerate(["out/1.png", *names]):
        (again,) = with_own_names(plan(seed=seed))
        assert (again.state, again.place) == ("done", name)


def test_the_frames_of_an_unfinished_film_are_kept(folder: Path) -> None:
    def film(seed: int, length: str = "1s") -> Job:
        tree = {"targets": [{"layer": "conv1"}], "seed": seed, "animation": {"length": length}}
        (job,) = planned([PHOTO], [("mine", Preset.model_validate(tree))], "out/a.mp4", film=FilmSettings())
        return job

    write_frame_facts(Path("out/a.mp4.frames"), FrameFacts(key="key", film=film_key(film(0))), remedy="")
    (same,) = with_own_names([film(0, length="9s")])
    assert same.place == "out/a.mp4"
    (other,) = with_own_names([film(1)])
    assert other.place == "out/a-2.mp4" and "its frames are kept" in other.reason


def test_names_of_other_jobs_and_of_other_files_are_not_taken(folder: Path) -> None:
    make(plan()[0])
    Path(PHOTO).with_name("1-2.png").write_bytes(Path("photos/2.png").read_bytes())
    write_picture(Path("out/1-3.png"), torch.zeros(3, 8, 8))
    jobs = with_own_names(plan(PHOTO, "photos/1-2.png", seed=1))
    assert [job.place for job in jobs] == ["out/1-4.png", "out/1-2.png"]


def test_a_changed_photo_leaves_the_dream_of_the_old_one(folder: Path) -> None:
    make(plan()[0])
    Path(PHOTO).write_bytes(Path("photos/2.png").read_bytes())
    (job,) = with_own_names(plan())
    assert job.place == "out/1-2.png" and "from another picture" in job.reason


def test_what_goes_on_replaces_what_it_went_on_from(folder: Path) -> None:
    shorter, longer = plan()[0], plan(seed=1)[0]
    make(shorter)
    (job,) = with_own_names(plan(seed=1), {longer.key: shorter.key})
    assert (job.state, job.place) == ("stale", "out/1.png")
