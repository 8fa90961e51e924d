from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dreamer
from dreamer.dreaming.extent import covering
from dreamer.errors import UsageError
from dreamer.film.read import read_frames
from dreamer.jobs import growth
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobSkipped
from dreamer.jobs.job import Job, examined
from dreamer.jobs.outputs import OutputTemplate
from dreamer.jobs.own_names import with_own_names
from dreamer.jobs.plan import Shown
from dreamer.jobs.sheets import compared
from dreamer.jobs.stills import Still
from dreamer.jobs.view import View, Views, parse_view, variants_of
from dreamer.pictures import Picture, read_picture
from dreamer.presets import Preset, load_preset
from dreamer.recipes import recipe_of

from .conftest import planned, run_inline

pytestmark = pytest.mark.usefixtures("networks_kept")
SMALL = ("octaves.count=1", "octaves.steps=2", "canvas.size=64")
GROWTH = OutputTemplate("films/{stem}.mp4", "--growth")


def small(**changes: object) -> Preset:
    return load_preset("whisper", SMALL).model_copy(update=changes)


def plan(shown: Shown, source: str | None = "photos/1.png", preset: Preset | None = None) -> list[Job]:
    return planned([source], [("whisper", preset or small())], "{stem}.png", shown=shown)


def run(jobs: list[Job], *, force: bool = False) -> list[JobEvent]:
    events: list[JobEvent] = []
    run_inline(jobs, events.append, force=force)
    return [event for event in events if isinstance(event, (JobDone, JobFailed, JobSkipped))]


def gray(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"), dtype=float)


def test_views_are_written_as_recipes_name_them() -> None:
    for view in (View("compare"), View("growth"), View("variants", 6)):
        assert parse_view(str(view)) == view
    assert parse_view("") is None
    assert View("variants", 6).path(Path("a/fox.jpg")) == Path("a/fox-variants.jpg")


def test_one_dream_is_shown_in_several_ways_and_done_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "GROWING", 12)
    jobs = plan(Shown(compare=True, growth=GROWTH))
    assert [job.place for job in jobs] == ["1.png", "1-compare.png", "films/1.mp4"]
    done = run(jobs)
    assert {event.job.place for event in done} == {"1.png", "1-compare.png", "films/1.mp4"}
    still, both = (np.asarray(Image.open(name)) for name in ("1.png", "1-compare.png"))
    height, width = still.shape[:2]
    photo = covering(read_picture(Path("photos/1.png")).pixels.unsqueeze(0), height, width)[0].clamp(0, 1)
    assert np.array_equal(both[:, -width:], still)
    assert np.abs(both[:, :width] / 255 - photo.permute(1, 2, 0).numpy()).max() < 0.003
    frames = list(read_frames(Path("films/1.mp4")))
    assert len(frames) == growth.BEFORE + 12 + growth.AFTER
    # Films halve the resolution of color.
    assert np.abs(gray(frames[-1][:height, :width]) - gray(still)).mean() < 8
    assert np.abs(gray(frames[0][:height, :width]) - gray(both[:, :width])).mean() < 8
    again = run(plan(Shown(compare=True, growth=GROWTH)))
    assert all(isinstance(event, JobSkipped) for event in again) and len(again) == 3
    # The still's pixels are those that it has without other views.
    run(planned(["photos/1.png"], [("whisper", small())], "alone.png"))
    assert np.array_equal(np.asarray(Image.open("alone.png")), still)


def test_views_never_take_the_place_of_other_files(folder: Path) -> None:
    Image.new("RGB", (4, 4)).save("1-compare.png")
    before = Path("1-compare.png").read_bytes()
    failed = [event for event in run(plan(Shown(compare=True))) if isinstance(event, JobFailed)]
    assert [event.job.place for event in failed] == ["1-compare.png"] and "--force" in str(failed[0].error)
    assert Path("1-compare.png").read_bytes() == before and Path("1.png").exists()
    Path("1-compare.png").unlink()
    run(plan(Shown(compare=True)))
    other = with_own_names(plan(Shown(compare=True), preset=small(seed=5)))
    assert [job.place for job in other] == ["1-2.png", "1-compare-2.png"]
    assert not list(folder.rglob("*.part"))


def test_names_that_are_taken_are_told_by_what_is_there(folder: Path) -> None:
    run(plan(Shown(variants=2)))
    (other,) = with_own_names(plan(Shown(variants=3)))
    assert other.place == "1-variants-2.png" and "shows something else: variants 2;" in other.reason
    with pytest.raises(UsageError, match="to --growth"):
        sources = ["photos/1.png", "photos/2.png"]
        shown = Shown(growth=OutputTemplate("growth.mp4", "--growth"))
        planned(sources, [("whisper", small())], "{stem}.png", shown=shown)


def test_a_film_that_cannot_be_written_leaves_the_still(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dreamer.errors import FilmError
    from dreamer.film.write import FilmWriter

    def broken(self: FilmWriter, frame: np.ndarray) -> None:
        raise FilmError("ffmpeg failed: no space")

    monkeypatch.setattr(FilmWriter, "add", broken)
    events = run(plan(Shown(growth=GROWTH)))
    outcomes = {event.job.place: type(event) for event in events}
    assert outcomes == {"films/1.mp4": JobFailed, "1.png": JobDone}
    assert not list(folder.rglob("*.part")) and not Path("films/1.mp4").exists()


def test_variants_are_the_previews_of_their_seeds(folder: Path) -> None:
    preset = small(seed=4)
    assert [each.seed for each in variants_of(preset, 3)] == [4, 5, 6]
    (job,) = plan(Shown(variants=3), preset=preset)
    assert job.place == "1-variants.png" and job.work < 3 * examined(Job(job.source, preset, "whisper")).work
    run([job])
    recipe = recipe_of(Path("1-variants.png"))
    assert recipe.view == "variants 3" and recipe.preset.seed == 4
    assert read_picture(Path("1-variants.png")).pixels.shape[2] > 3 * 320
    # A still of the same path would be another output: what is chosen can be rendered beside the sheet.
    assert plan(Shown(), preset=small(seed=5))[0].place == "1.png"


@pytest.mark.parametrize(
    "views, without_photo, said",
    [
        (Views(compare=True), True, "there is none"),
        (Views(compare=True, variants=3), False, "neither"),
        (Views(growth=Path("a.mp4"), variants=3), False, "neither"),
    ],
)
def test_what_cannot_be_shown_is_refused(views: Views, without_photo: bool, said: str) -> None:
    job = Job(None if without_photo else Path("a.png"), small(), "whisper", Path("b.png"))
    with pytest.raises(UsageError, match=said):
        list(views.jobs(job))
    film = Job(None, load_preset("endless"), "endless", Path("b.mp4"), film=dreamer.jobs.job.FilmSettings())
    with pytest.raises(UsageError, match="makes a film"):
        list(views.jobs(film))


def test_a_wide_picture_is_shown_below_its_photo() -> None:
    for height, width, shape in ((10, 40, (22, 40)), (40, 40, (40, 82))):
        still = Still(torch.zeros(3, height, width), torch.ones(1, height, width))
        photo = Picture(torch.ones(3, height, width), torch.ones(1, height, width), "a.png", "")
        both = compared(still, photo, (False, False))
        assert both.pixels.shape[1:] == shape and both.alpha is not None and both.alpha.shape[1:] == shape


def test_the_library_shows_them_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "GROWING", 6)
    still = dreamer.dream("photos/1.png", small(), growth="a.gif", device="cpu")
    assert Path("a.gif").exists() and still.pixels.shape == (3, 53, 64)
    both = dreamer.dream("photos/1.png", small(), compare=True, device="cpu")
    assert torch.equal(both.pixels[..., -64:], still.pixels)
    sheet = dreamer.dream(None, small(), variants=2, device="cpu")
    assert sheet.recipe is not None and json.loads(sheet.recipe)["view"] == "variants 2"
    tally = dreamer.batch(["photos/1.png"], ["whisper"], "out", overrides=SMALL, compare=True, device="cpu")
    assert tally.done == 2 and Path("out/whisper/1-compare.png").exists()
