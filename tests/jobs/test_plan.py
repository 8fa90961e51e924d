from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import pytest

from dreamer.errors import NoInputError, OutputError, PresetError, UsageError
from dreamer.film.codecs import FILM_SUFFIXES
from dreamer.jobs.estimate import FIRST_GUESS, estimate
from dreamer.jobs.inputs import find_inputs
from dreamer.jobs.job import Job
from dreamer.jobs.journal import Journal, JournalEntry
from dreamer.jobs.orders import FilmFormat, Order, PictureFormat, read_jobs_file
from dreamer.jobs.outputs import OutputTemplate
from dreamer.jobs.plan import find_variants, plan_batch, plan_jobs
from dreamer.jobs.sweeps import combinations, label, parse_sweep
from dreamer.pictures.names import WRITABLE
from tests.jobs.conftest import add_photo

OUT = Path("out")


def plan(*inputs: str, **settings: object) -> list[Job]:
    order = Order.model_validate({"inputs": inputs, "presets": ("whisper",), **settings})
    return plan_batch([order], OUT, Journal(OUT))


def outputs(jobs: list[Job]) -> list[str]:
    return [each.output.relative_to(OUT).as_posix() for each in jobs]


def test_folders_are_read_to_the_bottom_in_natural_order(folder: Path) -> None:
    for name in ("photos/10.png", "photos/deep/2.png", "photos/.hidden/3.png", "photos/notes.txt"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(Path("photos/1.png").read_bytes())
    assert outputs(plan("photos")) == [f"whisper/{name}.png" for name in ("1", "2", "3", "10", "deep/2")]


def test_the_thumbnails_of_a_gallery_are_no_pictures_of_its_folder(folder: Path) -> None:
    add_photo("photos/index_files/0a1b.jpg", 4)
    add_photo("photos/old_files/a.jpg", 5)
    add_photo("photos/film.mp4.frames/000000.png", 6)
    Path("photos/index.html").write_text("")
    assert outputs(plan("photos")) == [f"whisper/{name}.png" for name in ("1", "2", "3", "old_files/a")]


def test_include_and_exclude_choose(folder: Path) -> None:
    add_photo("photos/2019/a.png", 4)
    add_photo("photos/2019/b.jpg", 5)
    assert outputs(plan("photos", include=("2019/*",), exclude=("*.jpg",))) == ["whisper/2019/a.png"]
    with pytest.raises(NoInputError, match="--include"):
        plan("photos", include=("*.tif",))


def test_patterns_files_and_noise(folder: Path) -> None:
    found = find_inputs(["photos/[12].png", "photos/1.png", "noise"])
    assert [str(each.source) for each in found] == ["photos/1.png", "photos/2.png", "None"]


def test_a_circle_of_links_ends(folder: Path) -> None:
    os.symlink("..", "photos/up")
    os.symlink("loop.png", "photos/loop.png")
    jobs = plan("photos")
    assert len(jobs) == 4
    assert [each.state for each in jobs] == ["new", "new", "new", "broken"]
    assert "symbolic links" in jobs[3].reason


def test_outputs_are_no_inputs(folder: Path) -> None:
    add_photo("photos/out/x.png", 1)
    order = Order(inputs=("photos",), presets=("whisper",))
    assert len(plan_batch([order], Path("photos/out"), Journal(Path("photos/out")))) == 3


def test_names_that_differ_in_their_suffix_stay_apart(folder: Path) -> None:
    add_photo("photos/1.jpg", 9)
    assert outputs(plan("photos/1.jpg", "photos/1.png")) == ["whisper/1.png", "whisper/1.png.png"]


def test_outputs_that_collide_are_told_before_any_work(folder: Path) -> None:
    with pytest.raises(UsageError, match="both be written"):
        plan("photos", template="{preset}")
    with pytest.raises(UsageError, match=r"unknown field \{steem\}"):
        plan("photos", template="{steem}")


def test_outputs_that_cannot_be_written_are_told_before_any_work(folder: Path) -> None:
    order = Order(inputs=("photos/1.png",), presets=("whisper",))
    variants, inputs = find_variants(order), find_inputs(order.inputs)
    with pytest.raises(OutputError, match=r"'\.jpgg' is not a format .*out/1\.jpgg|out/1\.jpgg.*'\.jpgg'"):
        plan_jobs(inputs, variants, OutputTemplate("out/{stem}.jpgg"))
    with pytest.raises(OutputError, match=r"photos/1\.png.*a file is where a folder is needed"):
        plan_jobs(inputs, variants, OutputTemplate("photos/1.png/deep/{stem}.png"))
    with pytest.raises(OutputError, match="a file is where a folder is needed"):
        plan_batch([order], Path("photos/2.png"), Journal(Path("out")))


def test_two_folders_keep_their_names(folder: Path) -> None:
    add_photo("more/1.png", 7)
    assert outputs(plan("more", "photos"))[:2] == ["whisper/more/1.png", "whisper/photos/1.png"]


def test_missing_things_are_told_before_any_work(folder: Path) -> None:
    with pytest.raises(PresetError, match="whisper"):
        plan("photos", presets=("wisper",))
    with pytest.raises(NoInputError, match="photos"):
        plan("photoz")
    with pytest.raises(PresetError, match=r"octaves\.counts"):
        plan("photos", sweep=("octaves.counts=1,2",))


def test_sweeps_make_a_grid(folder: Path) -> None:
    jobs = plan("photos/1.png", sweep=("octaves.scale=1.2,1.4", "seed=1,2,3"))
    assert len(jobs) == 6
    assert {(each.preset.octaves.scale, each.preset.seed) for each in jobs} == {
        (scale, seed) for scale in (1.2, 1.4) for seed in (1, 2, 3)
    }
    assert outputs(jobs)[0] == "whisper octaves.scale=1.2, seed=1/1.png"


def test_sweep_values_are_toml() -> None:
    axis = parse_sweep('targets.0.kernels=[1, 2],"64-79",7')
    assert axis.values == ("[1, 2]", '"64-79"', "7")
    assert combinations([]) == [()]
    assert label(('targets.0.layer="a/b"',)) == "targets.0.layer=a-b"
    with pytest.raises(UsageError, match="names no values"):
        parse_sweep("octaves.count")


def test_states_come_from_the_journal_and_the_outputs(folder: Path) -> None:
    first, second, third = plan("photos")
    journal = Journal(OUT)
    add_photo(str(first.output), 1)
    add_photo(str(second.output), 1)
    journal.append(JournalEntry(first.key, str(first.output), "done"))
    journal.append(JournalEntry("older", str(second.output), "done"))
    journal.append(JournalEntry(third.key, str(third.output), "failed", error="the reason"))
    assert [(each.state, each.reason) for each in plan("photos")] == [
        ("done", ""), ("stale", ""), ("failed", "the reason")
    ]  # fmt: skip
    first.output.unlink()
    assert plan("photos")[0].state == "new"


def test_a_file_of_someone_else_is_in_the_way(folder: Path) -> None:
    add_photo("out/whisper/1.png", 1)
    assert plan("photos")[0].state == "exists"


def test_broken_inputs_are_planned_and_accounted_for(folder: Path) -> None:
    Path("photos/0.png").write_bytes(b"")
    Path("photos/text.jpg").write_text("no picture")
    jobs = {each.name: each for each in plan("photos")}
    assert jobs["0.png"].state == jobs["text.jpg"].state == "broken"
    assert "empty" in jobs["0.png"].reason
    assert jobs["1.png"].state == "new"


def test_films_are_jobs_like_stills(folder: Path) -> None:
    jobs = plan("photos/1.png", presets=("whisper", "spiral"), film_format="gif")
    assert outputs(jobs) == ["whisper/1.png", "spiral/1.gif"]
    assert jobs[0].film is None and jobs[1].film is not None
    assert jobs[1].work > 10 * jobs[0].work


def test_a_clip_needs_a_preset_that_moves(folder: Path) -> None:
    Path("clip.mp4").write_bytes(b"")
    with pytest.raises(UsageError, match="makes stills"):
        plan("clip.mp4")


def test_time_is_estimated_from_the_journal(folder: Path) -> None:
    jobs = plan("photos")
    journal = Journal(OUT)
    guess = estimate(jobs, journal)
    assert not guess.measured and guess.seconds == pytest.approx(FIRST_GUESS * sum(each.work for each in jobs))
    journal.append(JournalEntry("other", "x.png", "done", preset="whisper", seconds=8.0, work=2.0))
    measured = estimate(jobs, journal)
    assert measured.measured and measured.seconds == pytest.approx(4.0 * sum(each.work for each in jobs))


def test_jobs_files_say_what_a_command_line_cannot(folder: Path) -> None:
    Path("jobs.toml").write_text(
        'output = "dreams"\n[[jobs]]\ninputs = ["photos/1.png"]\npresets = ["whisper"]\nset = ["octaves.count=2"]\n'
        '[[jobs]]\ninputs = ["noise"]\npresets = ["spectral"]\nseed = 3\nsize = [64, 48]\n'
    )
    file = read_jobs_file(Path("jobs.toml"))
    first, second = plan_batch(file.jobs, Path(file.output or ""), Journal(Path("dreams")))
    assert first.preset.octaves.count == 2 and first.output == Path("dreams/whisper/1.png")
    assert second.source is None and second.preset.seed == 3 and second.preset.canvas.size == (64, 48)


def test_mistakes_of_a_jobs_file_are_told_at_once_with_their_places(folder: Path) -> None:
    Path("jobs.toml").write_text(
        '[[jobs]]\ninputs = ["photos"]\npresetz = ["whisper"]\n[[jobs]]\ninputs = []\npresets = ["a"]\nformat = "bmp"\n'
    )
    with pytest.raises(PresetError) as error:
        read_jobs_file(Path("jobs.toml"))
    message = str(error.value)
    assert "jobs.toml:3: jobs.0.presetz: unknown key; did you mean 'presets'" in message
    assert "jobs.toml:7" in message and "jobs.toml:5" in message


@pytest.mark.slow
def test_planning_many_jobs_is_quick_without_torch(folder: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from dreamer.jobs.plan import plan_batch\n"
        "from dreamer.jobs.orders import Order; from dreamer.jobs.journal import Journal\n"
        "plan_batch([Order(inputs=('photos',), presets=('whisper',))], Path('out'), Journal(Path('out')))\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_formats_of_outputs_are_those_that_can_be_written() -> None:
    assert {f".{name}" for name in get_args(FilmFormat)} == set(FILM_SUFFIXES) - {".png"}  # which means a picture here
    assert {f".{name}" for name in get_args(PictureFormat)} < set(WRITABLE)
