from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from dreamer.pictures import write_picture
from tests.cli.conftest import Dreamer
from tests.gallery.test_page import Reader

TINY = ("--size", "64", "--set", "octaves.count=1", "--set", "octaves.steps=1")


@pytest.fixture(autouse=True)
def photographs(folder: Path) -> None:
    for number in range(3):
        write_picture(
            folder / "in" / f"{number}.png", torch.rand((3, 48, 64), generator=torch.Generator().manual_seed(number))
        )


def entries(path: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(Reader(Path(path).read_text(encoding="utf-8")).scripts[0])
    return found


@pytest.mark.slow
def test_a_batch_ends_in_a_gallery(dreamer: Dreamer, folder: Path) -> None:
    (folder / "in" / "broken.png").write_bytes(b"")
    result = dreamer("batch", "in", "-p", "whisper", "-p", "halo", "-o", "out", *TINY)
    assert result.exit_code == 1 and "out/index.html" in result.stdout, result.output
    found = entries("out/index.html")
    assert len(found) == 8 and sum(bool(each["failed"]) for each in found) == 2
    good = [each for each in found if not each["failed"]]
    assert {each["preset"] for each in good} == {"whisper", "halo"} and all(each["before"] for each in good)
    assert all("[[targets]]" in str(each["recipe"]) for each in good)


@pytest.mark.slow
def test_it_is_built_from_recipes_alone(dreamer: Dreamer, folder: Path) -> None:
    assert dreamer("render", "in", "-p", "whisper", "-o", "out/{stem}.jpg", *TINY).exit_code == 0
    (folder / "out" / "other.png").write_bytes((folder / "in" / "0.png").read_bytes())
    result = dreamer("gallery", "out", "--title", "My <dreams>", "--inputs", "in", "-o", "page/all.html")
    assert result.exit_code == 0 and result.stdout == "page/all.html\n", result.output
    found = entries("page/all.html")
    assert sorted(str(each["name"]) for each in found) == ["0", "1", "2"]
    assert found[0]["file"] == "./../out/0.jpg" and found[0]["before"]
    assert "My &lt;dreams&gt;" in Path("page/all.html").read_text()


@pytest.mark.slow
def test_films_are_shown_too(dreamer: Dreamer) -> None:
    film = ("--set", "animation.length=0.2s", "--set", "animation.fps=10")
    assert dreamer("animate", "in/0.png", "-p", "spiral", "-o", "out/film.mp4", *TINY, *film).exit_code == 0
    assert dreamer("gallery", "out").exit_code == 0
    (found,) = entries("out/index.html")
    assert found["kind"] == "film" and found["video"] and found["thumb"] and found["width"] == 64


def test_a_folder_without_dreams_is_told(dreamer: Dreamer) -> None:
    result = dreamer("gallery", "in")
    assert result.exit_code == 3 and "nothing that dreamer made" in result.stderr
    result = dreamer("gallery", "inn")
    assert result.exit_code == 3 and "'in'" in result.stderr


@pytest.mark.slow
def test_sheets_are_labelled(dreamer: Dreamer, folder: Path) -> None:
    assert dreamer("render", "in", "-p", "whisper", "-o", "out/{stem}.png", *TINY).exit_code == 0
    result = dreamer(
        "sheet", "out", "--label", "both", "--columns", "2", "--side", "100", "--title", "Dreams", "-o", "s.webp"
    )
    assert result.exit_code == 0, result.output
    with Image.open("s.webp") as sheet:
        assert sheet.width == 2 * 108 + 8
    (folder / "out" / "broken.png").write_bytes(b"no picture")
    result = dreamer("sheet", "out", "-o", "s.png")
    assert result.exit_code == 1 and "broken.png" in result.stderr and Path("s.png").is_file()
    assert dreamer("sheet", "nowhere").exit_code == 3
    assert dreamer("sheet", "out", "-o", "s.xyz").exit_code == 1
