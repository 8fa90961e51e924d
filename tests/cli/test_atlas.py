from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Dreamer
from tests.gallery.test_page import Reader

QUICK = ("--size", "64", "--set", "octaves.count=1", "--set", "octaves.steps=1", "-o", "atlas")


@pytest.mark.slow
def test_it_draws_kernels_and_sheets_and_goes_on(dreamer: Dreamer) -> None:
    args = ("atlas", "--layer", "maxpool1,maxpool2", "--kernels", "0-2,5", *QUICK)
    first = dreamer(*args)
    assert first.exit_code == 0, first.output
    assert sorted(path.name for path in Path("atlas/maxpool2").glob("*.png")) == [f"000{n}.png" for n in (0, 1, 2, 5)]
    assert first.stdout.splitlines() == ["atlas/maxpool1.png", "atlas/maxpool2.png", "atlas/index.html"]
    entries = json.loads(Reader(Path("atlas/index.html").read_text(encoding="utf-8")).scripts[0])
    assert len(entries) == 8 and "kernels = [5]" in entries[-1]["recipe"] and entries[-1]["preset"] == "maxpool2"
    again = [json.loads(line) for line in dreamer(*args, "--json").stdout.splitlines()]
    assert len(again) == 8 and not any(each["drawn"] for each in again)
    assert 'layer = "maxpool1"' in again[0]["targets"]


@pytest.mark.slow
def test_a_picture_of_an_atlas_can_be_rendered_again(dreamer: Dreamer) -> None:
    assert dreamer("atlas", "--layer", "maxpool1", "--kernels", "4", *QUICK).exit_code == 0
    result = dreamer("again", "atlas/maxpool1/0004.png", "-o", "again.png")
    assert result.exit_code == 0, result.output
    from dreamer.pictures import read_picture

    assert read_picture("again.png").pixels.equal(read_picture("atlas/maxpool1/0004.png").pixels)


@pytest.mark.slow
def test_it_says_what_it_would_draw_and_how(dreamer: Dreamer) -> None:
    args = ("atlas", "--layer", "maxpool1,maxpool3", "--kernels", "3", "--layer-set", "maxpool3:penalties.edges=2")
    result = dreamer(*args, "-n", "-o", "atlas")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"new     noise x kernel-study -> atlas/{layer}/0003.png" for layer in ("maxpool1", "maxpool3")
    ]
    assert "negative_slope = 0.02 in place of 0.0" in result.stderr and "output_scale = 1.0" in result.stderr
    assert not Path("atlas").exists()
    plain, own = (json.loads(line)["key"] for line in dreamer(*args, "-n", "--json").stdout.splitlines())
    alike, other = (json.loads(line)["key"] for line in dreamer(*args[:5], "-n", "--json").stdout.splitlines())
    assert plain == alike and own != other


def test_it_is_drawn_at_the_size_that_is_set(dreamer: Dreamer) -> None:
    size = ("--set", "canvas.size=40", "--set", "octaves.output_scale=1.5")
    result = dreamer("atlas", "--layer", "maxpool1", "--kernels", "4", *size, *QUICK[2:], "-q")
    assert result.exit_code == 0, result.output
    with Image.open("atlas/maxpool1/0004.png") as picture:
        assert picture.size == (60, 60)
    assert "output_scale" not in result.stderr


@pytest.mark.parametrize("args, said", [
    ([], "--layer"),
    (["--kernels", "3"], "--layer"),
    (["--layer", "maxpool9"], "maxpool"),
    (["--layer", "maxpool1", "--kernels", "5-2"], "not a kernel"),
    (["--layer", "maxpool1", "--pairs", "3"], "3-7"),
    (["--class", "pandda"], "panda"),
    (["--layer", "maxpool1", "-p", "whisper"], "photos"),
    (["--layer", "maxpool1", "--layer-set", "maxpool3:seed=1"], "maxpool1"),
])  # fmt: skip
def test_mistakes_get_one_clear_message(args: list[str], said: str, dreamer: Dreamer) -> None:
    result = dreamer("atlas", *args)
    assert result.exit_code == 2 and said in result.stderr and "Traceback" not in result.output, result.output
