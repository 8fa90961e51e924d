"""Presets and overrides as someone might write them who wants to see dreamer fall."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dreamer.errors import DreamerError, PresetError
from dreamer.jobs.orders import read_jobs_file
from dreamer.presets import load_preset
from dreamer.presets.source.named_files import missing_files

LONG = 400
TEXTS = {
    "nested arrays": "a = " + "[" * 1000 + "]" * 1000,
    "nested tables": "a = " + "{ b = " * 1000 + "1" + " }" * 1000,
    "dotted key": ".".join("a" * 1000) + " = 1",
    "digits": "seed = " + "9" * 5000,
    "long line": "title = " + "a" * 100_000,
    "long string": 'title = "' + "a" * 100_000 + '"\nx = 1',
    "lone key": "k" * 100_000,
    "binary": "\x01" * 1000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("read", [lambda path: load_preset(str(path)), read_jobs_file], ids=["preset", "jobs"])
def test_texts_are_refused_in_few_words(text: str, read: object, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(PresetError) as error:
        read(path)  # type: ignore[operator]
    assert "a.toml" in str(error.value) and max(map(len, str(error.value).splitlines())) < LONG + len(str(path))


@pytest.mark.parametrize(
    "value",
    [
        "seed=" + "9" * 5000,
        "seed=" + "[" * 1000 + "]" * 1000,
        "title=[" + "a" * 100_000,
        ".".join("a" * 1000) + "=1",
        "a" * 100_000,
    ],
    ids=["digits", "nested", "long", "dotted", "no value"],
)
def test_overrides_are_refused_in_few_words(value: str) -> None:
    with pytest.raises(PresetError) as error:
        load_preset("whisper", [value])
    assert max(map(len, str(error.value).splitlines())) < LONG


@pytest.mark.parametrize(
    "path",
    ["~nosuchuser/a.png", "a/" * 2500 + "a.png", "a" * 5000 + ".png", "a\x00b.png"],
    ids=["~", "deep", "long", "NUL"],
)
def test_paths_that_no_system_has_are_missing_files(path: str, tmp_path: Path) -> None:
    preset = tmp_path / "a.toml"
    text = path.replace("\x00", "\\u0000")
    preset.write_text(f'[[targets]]\nlayer = "conv1"\nguide = "{text}"\n')
    assert missing_files(load_preset(str(preset)))
    for name in (path, f"{path}.toml"):
        with pytest.raises(DreamerError):
            load_preset(name)
    preset.write_text(f'extends = "{text}.toml"')
    with pytest.raises(PresetError):
        load_preset(str(preset))


def test_a_long_chain_of_presets_is_refused(tmp_path: Path) -> None:
    for number in range(1200):
        (tmp_path / f"{number}.toml").write_text(f'extends = "{number + 1}"')
    with pytest.raises(PresetError, match="more than 32 presets extend each other"):
        load_preset(str(tmp_path / "0.toml"))


def test_nothing_is_shown_of_a_file_that_is_no_preset(tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("root:x:0:0:secret\n")
    (tmp_path / "a.toml").write_text('extends = "./passwd"')
    for path in ("a.toml", "passwd"):
        with pytest.raises(PresetError, match="passwd:1") as error:
            load_preset(os.path.join(tmp_path, path))
        assert "secret" not in str(error.value)


def test_a_long_line_is_shown_around_its_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"a = [{'1, ' * 5000} HERE, {'1, ' * 5000}]")
    with pytest.raises(PresetError, match="HERE") as error:
        load_preset(str(tmp_path / "a.toml"))
    assert len(str(error.value)) < LONG
