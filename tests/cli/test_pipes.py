from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from dreamer.cli import main
from dreamer.pictures import read_recipe

from .conftest import Dreamer

pytestmark = pytest.mark.usefixtures("networks_kept")
STILL = ("-p", "whisper", "--set", "octaves.count=1", "--set", "octaves.steps=1", "--size", "64", "--device", "cpu")


def piped(*args: str, data: bytes) -> Result:
    return CliRunner().invoke(main, args, prog_name="dreamer", input=data)


@pytest.fixture
def data() -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize((64, 48)).convert("RGB").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("output, form", [("-", "PNG"), ("jpg:-", "JPEG")])
def test_a_picture_goes_through_pipes(output: str, form: str, data: bytes, folder: Path) -> None:
    result = piped("render", "-", *STILL, "-o", output, "-q", data=data)
    assert result.exit_code == 0, result.stderr
    with Image.open(io.BytesIO(result.stdout_bytes)) as image:
        assert image.format == form and image.size == (64, 48)
    (folder / "a").write_bytes(result.stdout_bytes)
    assert '"name":"stdin"' in (read_recipe(folder / "a") or "")
    assert [path.name for path in folder.iterdir()] == ["a"]


def test_standard_input_has_a_name_in_templates(data: bytes, folder: Path) -> None:
    assert piped("render", "-", *STILL, "-o", "{stem}-{variant}.png", data=data).exit_code == 0
    assert (folder / "stdin-whisper.png").exists()


@pytest.mark.parametrize(
    "args, code, said",
    [
        (("-", "-", "noise", "-o", "-"), 2, "takes one picture, and there are 2"),
        (("-", "-o", "-", "--json"), 2, "cannot both go to standard output"),
    ],
)
def test_what_cannot_go_through_a_pipe_is_told(args: tuple[str, ...], code: int, said: str, data: bytes) -> None:
    result = piped("render", *args, *STILL, data=data)
    assert result.exit_code == code and said in result.stderr and not result.stdout_bytes


def test_empty_and_broken_standard_input(dreamer: Dreamer) -> None:
    empty = dreamer("render", "-", *STILL, "-o", "-")
    assert empty.exit_code == 3 and "standard input is empty" in empty.stderr
    broken = piped("render", "-", *STILL, "-o", "-", data=b"no picture")
    assert broken.exit_code == 1 and "not a picture" in broken.stderr and not broken.stdout_bytes


def test_terminals_are_refused(dreamer: Dreamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreamer.cli.pipes._is_terminal", lambda stream: True)
    for args in (("-", "-o", "a.png"), ("noise", "-o", "-")):
        result = dreamer("render", *args, *STILL)
        assert result.exit_code == 2 and "is a terminal" in result.stderr
