from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from dreamer.presets import load_preset, preset_from_tree
from dreamer.presets.json_schema import schema_json
from dreamer.presets.reference import reference_markdown
from dreamer.presets.source.lookup import shipped_folder

Dreamer = Callable[..., Result]
TINY = 'title = "Tiny"\n[canvas]\nstart = "noise"\n[[targets]]\nlayer = "conv2"\n'


def test_the_list_has_a_line_for_each_preset(dreamer: Dreamer, folder: Path) -> None:
    (folder / "presets").mkdir()
    (folder / "presets" / "a-tiny-one.toml").write_text(TINY)
    result = dreamer("presets")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["name", "title", "network", "start"]
    assert lines[1] == ["a-tiny-one", "Tiny", "pocket", "noise"]
    assert len(lines) == 2 + len(list(shipped_folder().glob("*.toml")))


def test_the_list_as_json_is_an_object_a_line(dreamer: Dreamer, folder: Path) -> None:
    (folder / "presets").mkdir()
    (folder / "presets" / "a-tiny-one.toml").write_text(TINY)
    objects = [json.loads(line) for line in dreamer("presets", "--json").stdout.splitlines()]
    first = {key: value for key, value in objects[0].items() if key != "file"}
    assert first == {"name": "a-tiny-one", "title": "Tiny", "description": "", "network": "pocket", "start": "noise"}
    assert "deep-dream" in [each["name"] for each in objects]


def test_a_broken_preset_does_not_hide_the_others(dreamer: Dreamer, folder: Path) -> None:
    (folder / "presets").mkdir()
    (folder / "presets" / "broken.toml").write_text("title = 3")
    result = dreamer("presets")
    assert result.exit_code == 0
    assert "deep-dream" in result.stdout
    assert "broken" not in result.stdout
    assert "warning: broken is left out" in result.stderr


def test_json_is_for_the_list(dreamer: Dreamer) -> None:
    result = dreamer("presets", "--json", "show", "deep-dream")
    assert result.exit_code == 2
    assert "--json belongs to the list" in result.stderr


def test_show_prints_a_preset_that_loads_back(dreamer: Dreamer) -> None:
    result = dreamer("presets", "show", "deep-dream", "--set", "octaves.count=6")
    assert result.exit_code == 0
    expected = load_preset("deep-dream", ["octaves.count=6"])
    assert preset_from_tree(tomllib.loads(result.stdout), where="stdout") == expected
    assert "jitter" not in result.stdout


def test_show_prints_defaults_and_origins_when_asked(dreamer: Dreamer) -> None:
    assert "jitter = 32\n" in dreamer("presets", "show", "deep-dream", "--all").stdout
    result = dreamer("presets", "show", "deep-dream", "--origins", "--set", "octaves.count=6")
    assert "momentum = 0.0 # default\n" in result.stdout
    assert "count = 6 # --set\n" in result.stdout
    assert "deep-dream.toml:2\n" in result.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("show", "deep-drem"), "error: there is no preset named 'deep-drem'\n  Did you mean 'deep-dream'"),
        (("show", "./nowhere.toml"), "error: there is no file nowhere.toml"),
        (("show", "deep-dream", "--set", "ascent.blr=3"), "--set: ascent.blr: unknown key; did you mean 'blur'"),
        (("show", "deep-dream", "--set"), "error: Option '--set' requires an argument."),
        (("explain", "ascent.blr"), "Did you mean 'ascent.blur'"),
        (("explain", "seed", "--markdown"), "--markdown is the page of all keys"),
        (("new", "sub/mine"), "'sub/mine' is not a name for a preset"),
        (("new", "mine", "--from", "deep-drem"), "Did you mean 'deep-dream'"),
        (("check",), "Missing argument 'FILE...'"),
        (("shwo",), "No such command 'shwo'. Did you mean 'show'?"),
    ],
)
def test_what_a_person_gets_wrong_is_one_message_and_exit_code_2(
    dreamer: Dreamer, args: tuple[str, ...], message: str
) -> None:
    result = dreamer("presets", *args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_explain_tells_one_key_a_table_or_all(dreamer: Dreamer) -> None:
    one = dreamer("presets", "explain", "ascent.blur").stdout
    assert "type: a number from 0 to 100, { from, to }, or a list of these (px)" in one
    assert "default: 0.0" in one
    assert "octaves.scale" in dreamer("presets", "explain", "octaves").stdout
    everything = dreamer("presets", "explain").stdout
    assert one in everything
    assert "tiles.halo" in everything
    assert dreamer("presets", "explain", "--markdown").stdout == reference_markdown()


def test_check_tells_all_mistakes_of_all_files(dreamer: Dreamer, folder: Path) -> None:
    (folder / "good.toml").write_text(TINY)
    (folder / "bad.toml").write_text('titel = "x"\n' + TINY + "weight = 3000\n")
    (folder / "worse.toml").write_text("title = \n")
    result = dreamer("presets", "check", "good.toml", "bad.toml", "worse.toml", "deep-dream")
    assert result.exit_code == 2
    assert result.stdout == "good.toml: ok\ndeep-dream: ok\n"
    assert "bad.toml:1: titel: unknown key; did you mean 'title'" in result.stderr
    assert "bad.toml:7: targets.0.weight: 3000 is not" in result.stderr
    assert "worse.toml:1:9: Invalid value" in result.stderr


def test_check_refuses_a_network_that_there_is_not_and_says_where(dreamer: Dreamer, folder: Path) -> None:
    (folder / "x.toml").write_text('network = "gogglenet"\n' + TINY)
    result = dreamer("presets", "check", "x.toml")
    assert result.exit_code == 2
    assert "x.toml:1: there is no network 'gogglenet'" in result.stderr and "'googlenet'" in result.stderr


def test_check_of_good_files_exits_with_0(dreamer: Dreamer) -> None:
    assert dreamer("presets", "check", "deep-dream").exit_code == 0


def test_check_misses_files_that_are_not_there(dreamer: Dreamer, folder: Path) -> None:
    (folder / "x.toml").write_text(TINY + 'guide = "flower.jpg"\nmask.picture = "dreamer:none.png"\n')
    result = dreamer("presets", "check", "x.toml")
    assert result.exit_code == 2
    assert "x.toml: there is no file flower.jpg" in result.stderr
    assert "no picture named 'none.png' ships" in result.stderr
    (folder / "flower.jpg").touch()
    assert "flower" not in dreamer("presets", "check", "x.toml").stderr


def test_new_begins_a_preset_and_never_overwrites_one(dreamer: Dreamer, folder: Path) -> None:
    result = dreamer("presets", "new", "mine")
    assert (result.exit_code, result.stdout) == (0, f"{Path('presets/mine.toml')}\n")
    assert load_preset("mine").title == "mine"
    (folder / "presets" / "mine.toml").write_text("precious")
    again = dreamer("presets", "new", "mine.toml")
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert (folder / "presets" / "mine.toml").read_text() == "precious"


def test_new_from_a_preset_extends_it(dreamer: Dreamer) -> None:
    assert dreamer("presets", "new", "mine", "--from", "deep-dream").exit_code == 0
    assert load_preset("mine").targets == load_preset("deep-dream").targets


def test_new_from_a_file_extends_it_by_a_path_that_leads_there(dreamer: Dreamer, folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "base.toml").write_text(TINY)
    assert dreamer("presets", "new", "mine", "--from", "other/base.toml").exit_code == 0
    assert load_preset("mine").targets == load_preset("other/base.toml").targets


def test_schema_is_printed_or_written(dreamer: Dreamer, folder: Path) -> None:
    assert dreamer("presets", "schema").stdout == schema_json()
    result = dreamer("presets", "schema", "-o", "schema.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (folder / "schema.json").read_text(encoding="utf-8") == schema_json()


@pytest.mark.skipif(os.name != "posix", reason="paths are spelled otherwise")
def test_an_output_that_cannot_be_written_is_named(dreamer: Dreamer, folder: Path) -> None:
    (folder / "file").touch()
    result = dreamer("presets", "schema", "-o", "file/schema.json")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: file/schema.json: cannot be written: file is not a folder\n")


FILM = TINY + 'weight = { "0s" = 1, "2s" = 3 }\n[animation]\nlength = "3s"\nrotate = "= 5 * sin(t)"\n'


def test_plot_draws_what_changes(dreamer: Dreamer, folder: Path) -> None:
    (folder / "film.toml").write_text(FILM)
    result = dreamer("presets", "plot", "film.toml")
    assert (result.exit_code, result.stdout) == (0, f"{Path('outputs/film-curves.png')}\n")
    result = dreamer("presets", "plot", "film.toml", "--set", "fidelity== p", "-o", "sub/x.png")
    assert (result.exit_code, result.stdout) == (0, f"{Path('sub/x.png')}\n")
    with Image.open(folder / "outputs/film-curves.png") as two, Image.open(folder / "sub/x.png") as three:
        assert (two.format, three.format) == ("PNG", "PNG")
        assert three.height > two.height
        assert three.width == two.width


def test_plot_of_what_never_changes_says_so(dreamer: Dreamer, folder: Path) -> None:
    (folder / "still.toml").write_text(TINY)
    result = dreamer("presets", "plot", "still.toml")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: nothing of 'still.toml' changes over time\n")
    assert not (folder / "outputs").exists()


def test_plot_writes_pictures_only(dreamer: Dreamer, folder: Path) -> None:
    (folder / "film.toml").write_text(FILM)
    result = dreamer("presets", "plot", "film.toml", "-o", "x.pgn")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: x.pgn: '.pgn' is not a format that can be written\n")
    assert "Traceback" not in result.stderr
