"""The real command line on the real pocket network, at small sizes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.film.read import read_frames
from dreamer.recipes import recipe_of
from tests.jobs.conftest import claimed_elsewhere

from .conftest import Dreamer

TINY = ("--set", "octaves.count=2", "--set", "octaves.steps=2", "--size", "80", "--device", "cpu")


@pytest.fixture
def photo(folder: Path) -> Path:
    """photo.png, 96 x 64, in the working folder."""
    pixels = np.random.default_rng(0).integers(0, 255, (8, 12, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((96, 64)).save(folder / "photo.png")
    return folder / "photo.png"


def size(path: Path | str) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_a_photo_becomes_a_dream_with_its_recipe_and_is_not_dreamt_twice(dreamer: Dreamer, photo: Path) -> None:
    first = dreamer("render", "photo.png", "-p", "deep-dream", *TINY)
    assert first.exit_code == 0, first.output
    output = Path("outputs/deep-dream/photo.png")
    assert size(output) == (80, 53)
    recipe = recipe_of(output)
    assert recipe.preset.octaves.steps == 2 and recipe.input_name == "photo.png"
    assert "cpu" in recipe.facts["device"]
    assert str(photo.parent) not in recipe.to_json()
    again = dreamer("render", "photo.png", "-p", "deep-dream", *TINY)
    assert again.exit_code == 0 and "done already" in again.output
    before = output.read_bytes()
    other = dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "--seed", "5")
    assert other.exit_code == 0 and "outputs/deep-dream/photo.png was made with another seed" in other.output
    assert size("outputs/deep-dream/photo-2.png") == (80, 53) and output.read_bytes() == before
    forced = dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "--seed", "5", "-n", "--force")
    assert forced.stdout.startswith("stale") and forced.stdout.rstrip().endswith("photo.png")
    assert dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "--force").exit_code == 0
    assert output.read_bytes() == before


@pytest.mark.slow
def test_noise_several_presets_and_a_template(dreamer: Dreamer, photo: Path) -> None:
    result = dreamer(
        "render", "photo.png", "noise", "-p", "deep-dream", "-p", "whisper", *TINY, "-o", "out/{stem}-{preset}.jpg"
    )
    assert result.exit_code == 0, result.output
    names = {"photo-deep-dream.jpg", "photo-whisper.jpg", "noise-deep-dream.jpg", "noise-whisper.jpg"}
    assert {path.name for path in Path("out").iterdir()} == names


@pytest.mark.slow
def test_a_preset_that_starts_from_noise_needs_no_input(dreamer: Dreamer) -> None:
    tiny = ("--set", "canvas.size=32", "--set", "octaves.steps=1", "--set", "octaves.output_scale=2.0")
    result = dreamer("render", "-p", "kernel-study", *tiny, "--json", "--progress", "none")
    assert result.exit_code == 0, result.output
    line = json.loads(result.stdout)
    assert line["event"] == "done" and size(line["output"]) == (64, 64)


def test_layer_kernel_and_class_name_the_output(dreamer: Dreamer) -> None:
    study = ("render", "-p", "kernel-study", "--layer", "conv3", "-n")
    result = dreamer(*study, "--kernel", "7", "--kernel", "3,4", "--json")
    assert json.loads(result.stdout)["output"] == "outputs/kernel-study layer=conv3, kernel=3-4,7/noise.png"
    assert "-> conv3 203 none.png" in dreamer(*study, "-o", "{layer} {kernel} {class}.png").stdout
    assert dreamer(*study, "--kernel", "4x").exit_code == 2


def test_a_plan_says_what_would_be_done_and_touches_nothing(dreamer: Dreamer, photo: Path) -> None:
    result = dreamer("render", "photo.png", "-p", "deep-dream", "-n", "--json")
    plan = json.loads(result.stdout)
    assert plan["state"] == "new" and plan["output"] == "outputs/deep-dream/photo.png" and len(plan["key"]) == 32
    assert not Path("outputs").exists()


@pytest.mark.slow
def test_a_preview_is_smaller_and_shows_fewer_octaves(dreamer: Dreamer, photo: Path) -> None:
    settings = ("--set", "octaves.steps=1", "--set", "octaves.count=4", "--size", "160", "-v")
    result = dreamer("render", "photo.png", "-p", "deep-dream", *settings, "--preview")
    assert result.exit_code == 0, result.output
    assert "octave 2/2" in result.output
    assert max(size("outputs/deep-dream/photo.png")) <= 88


@pytest.mark.slow
def test_progress_is_on_stderr_and_as_json_where_asked(dreamer: Dreamer, photo: Path) -> None:
    result = dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "--progress", "json")
    assert result.exit_code == 0 and result.stdout == ""
    events = [json.loads(line)["event"] for line in result.stderr.splitlines()]
    assert events == ["network", "started", "octave", "step", "step", "octave", "step", "step", "done"]
    quiet = dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "-f", "-q")
    assert quiet.exit_code == 0 and quiet.output == ""


@pytest.mark.slow
def test_a_picture_that_came_out_nearly_gray_is_told_from_a_good_one(dreamer: Dreamer) -> None:
    small = ("--size", "48", "--set", "canvas.start='gray'", "--set", "octaves.steps=8", "--json")
    result = dreamer("render", "-p", "deep-dream", *small, "--set", "ascent.decay=0.9", "-o", "flat.png")
    assert result.exit_code == 0, result.output
    assert "warning: flat.png: nearly gray" in result.stderr and "lower ascent.decay" in result.stderr
    assert [warning["kind"] for warning in json.loads(result.stdout)["warnings"]] == ["nearly_gray"]
    good = dreamer("render", "-p", "deep-dream", *small, "-o", "good.png")
    assert json.loads(good.stdout)["warnings"] == [] and "warning" not in good.stderr


@pytest.mark.slow
def test_a_kernel_that_never_fires_is_told_from_success(dreamer: Dreamer) -> None:
    target = ("--set", "canvas.start=gray", "--set", "targets.0.kernels=31", "--set", "octaves.output_scale=1")
    result = dreamer("render", "-p", "kernel-study", *target, "--size", "64", "--json", "-o", "gray.png")
    assert result.exit_code == 0, result.output
    (warning,) = json.loads(result.stdout)["warnings"]
    assert warning["kind"] == "dead_target" and "network.negative_slope" in warning["message"]
    assert 'no gradient at any step from layer = "maxpool3", kernels = 31' in result.stderr


@pytest.mark.slow
def test_a_broken_picture_does_not_stop_the_others(dreamer: Dreamer, photo: Path) -> None:
    folder = photo.parent / "holiday"
    folder.mkdir()
    photo.rename(folder / "b.png")
    (folder / "a.png").write_bytes(b"")
    (folder / "c.jpg").write_bytes(b"no picture")
    (folder / "d.png").write_bytes((folder / "b.png").read_bytes()[:200])
    result = dreamer("render", "holiday", "-p", "deep-dream", *TINY)
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.output.splitlines()].count("failed") == 3
    assert "holiday/a.png: the file is empty" in result.output
    assert size("outputs/deep-dream/b.png") == (80, 53)
    assert [path.name for path in Path("outputs/deep-dream").iterdir()] == ["b.png"]


@pytest.mark.parametrize(
    "line, code, said",
    [
        ("photo.png -p dep-dream", 2, "'deep-dream'"),
        ("photo.png -p deep-dream --set octaves.cuont=3", 2, "'count'"),
        ("photo.png -p deep-dream --set network=gogglenet -n", 2, "'googlenet'"),
        ("photo.png -p deep-dream --set octaves.count=99", 2, "20"),
        ("photo.png -p deep-dream --set targets.0.layer=inception4x", 2, "inception4c"),
        ("photo.png -p deep-dream --set targets.0.kernels=9999", 2, "numbered 0 to"),
        ("photo.png -p class-portrait --set targets.0.class=flamigno", 2, "flamingo"),
        ("photo.png -p deep-dream --set network=gogglenet", 2, "googlenet"),
        ("photo.png -p guided --set targets.0.guide=absent.jpg", 2, "absent.jpg"),
        ("photo.png -p deep-dream --size 7", 2, "1280x720"),
        ("photo.png -p deep-dream --device gpu", 2, "no device 'gpu'"),
        ("photo.png -p deep-dream -o {stm}.png", 2, "{stem}"),
        ("photo.png noise -p deep-dream -o same.png", 2, "would both be written"),
        ("photo.png -p deep-dream -o photo.png", 1, "overwrite the input"),
        ("photo.png", 2, "--preset"),
        ("phto.png -p deep-dream", 3, "photo.png"),
        ("empty -p deep-dream", 3, "no pictures"),
        ("-p deep-dream", 3, "noise"),
        ("photo.png -p deep-dream --set network=googlenet", 4, "googlenet-1378be20.pth"),
        ("photo.png -p deep-dream --size 160 -o file/x.png", 1, "file"),
        ("photo.png -p deep-dream --size 160 -o x.jpgg", 1, ".jpg"),
        ("photo.png -p deep-dream -o mine.png", 1, "--force"),
    ],
)
def test_every_mistake_ends_in_a_message_and_the_right_code(
    line: str, code: int, said: str, dreamer: Dreamer, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAMER_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(photo.parent / "torch"))
    Path("empty").mkdir()
    Path("file").write_text("in the way")
    Image.new("RGB", (9, 9)).save("mine.png")
    result = dreamer("render", *line.split(), "--progress", "plain")
    assert result.exit_code == code, result.output
    assert said in result.output
    assert "Traceback" not in result.output
    assert not list(Path().rglob("*.part"))


def test_a_person_who_asks_gets_the_resolved_preset(dreamer: Dreamer) -> None:
    result = dreamer("render", "-p", "deep-dream", "--set", "seed=4", "--print-preset")
    assert result.exit_code == 0 and "seed = 4 # --set" in result.stdout


def test_ugly_real_files(dreamer: Dreamer, photos: Path) -> None:
    names = ["cmyk.jpg", "sixteen-bit.png", "transparent.png", "rotated-exif-6.jpg", "cradle.gif", "truncated.jpg"]
    result = dreamer("render", *(str(photos / name) for name in names), "-p", "deep-dream", *TINY, "-o", "{name}.png")
    assert result.exit_code == 1
    assert "truncated.jpg: the picture is cut short" in result.output
    assert len(list(Path().glob("*.png"))) == 5
    with Image.open("transparent.png.png") as picture:
        assert picture.mode == "RGBA"
    wide, high = size("rotated-exif-6.jpg.png")
    with Image.open(photos / "rotated-exif-6.jpg") as original:
        assert (wide > high) == (original.height > original.width)


def test_planning_and_recipes_do_not_wait_for_torch(photo: Path) -> None:
    code = (
        "import sys; from dreamer.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as done: code = done.code\n"
        "sys.exit(7 if 'torch' in sys.modules else code)"
    )
    for line in ("render photo.png -p deep-dream -n", "presets", "--help", "render --help", "networks --help"):
        result = subprocess.run([sys.executable, "-c", code, *line.split()], cwd=photo.parent, capture_output=True)
        assert result.returncode == 0, (line, result.stderr)


def test_what_another_process_makes_is_left_to_it(dreamer: Dreamer, photo: Path) -> None:
    for name in ("a.png", "b.png"):
        shutil.copy(photo, name)
    args = ("render", "a.png", "b.png", "-p", "whisper", "-o", "out/{stem}.png", *TINY)
    with claimed_elsewhere(None, Path("out/a.png")):
        result = dreamer(*args)
        assert result.exit_code == 1 and "out/a.png: is being made by another process" in result.stderr
        assert sorted(path.name for path in Path("out").glob("*.png")) == ["b.png"]
    assert dreamer(*args).exit_code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.5])
def test_two_films_at_one_place_leave_one_whole_film(delay: float, photo: Path) -> None:
    args = ["animate", "photo.png", "-p", "spiral", "-o", "film.mp4", "--length", "5f", *TINY]
    both = []
    for _ in range(2):
        both.append(subprocess.Popen([sys.executable, "-m", "dreamer", *args], stderr=subprocess.PIPE, text=True))
        time.sleep(delay)
    told = [(process.communicate()[1], process.returncode) for process in both]
    assert sorted(code for _, code in told) in ([0, 0], [0, 1]), told
    assert all("being made by another process" in text for text, code in told if code), told
    assert len(list(read_frames(Path("film.mp4")))) == 5
    assert not list(Path().glob(".*"))


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.slow
def test_ctrl_c_finishes_the_step_and_leaves_nothing_half_written(photo: Path) -> None:
    line = [
        "render",
        "photo.png",
        "-p",
        "deep-dream",
        "--set",
        "octaves.steps=5000",
        "--size",
        "80",
        "--progress",
        "json",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "dreamer", *line], cwd=photo.parent, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    while '"step"' not in process.stderr.readline():
        time.sleep(0)
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 130
    assert "after this step" in rest and "Traceback" not in rest and "same command" in rest
    assert not (photo.parent / "outputs").exists()


@pytest.mark.parametrize(
    ("text", "size"), [("6G", 6 << 30), ("2.5g", 5 << 29), ("3000 MiB", 3000 << 20), ("2T", 2 << 40)]
)
def test_memory_is_limited(
    text: str, size: int, dreamer: Dreamer, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []
    monkeypatch.setattr("dreamer.cli.run_jobs.limit_memory", asked.append)
    done = dreamer(
        "render", "photo.png", "-p", "deep-dream", *TINY, "--set", "octaves.steps=[0,0]", "--max-memory", text
    )
    assert done.exit_code == 0 and asked == [size]


@pytest.mark.parametrize(("text", "fault"), [("much", "use 6G or 800M"), ("6Q", "use 6G"), ("1G", "use 2G or more")])
def test_an_amount_of_memory_that_makes_no_sense_is_refused(text: str, fault: str, dreamer: Dreamer) -> None:
    refused = dreamer("render", "noise", "-p", "flock", "--max-memory", text)
    assert refused.exit_code == 2 and fault in " ".join(refused.output.split())


def test_the_memory_of_a_cluster_is_not_limited_from_here(dreamer: Dreamer, photo: Path) -> None:
    refused = dreamer("batch", "photo.png", "-p", "deep-dream", "--cluster", "local", "--max-memory", "4G")
    assert refused.exit_code == 2 and "not for a cluster" in refused.output
