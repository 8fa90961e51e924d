"""Texts that no parser should be handed."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from dreamer.bounded import MAX_CHARACTERS, MAX_DEPTH, parse_json, parse_toml


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 1000 + "1" + "}" * 1000,
        "1" * 5000,
        "NaN",
        "-Infinity",
        '"' + " " * MAX_CHARACTERS + '"',
        "",
        '{"a": 1',
    ],
)
def test_json_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 1000 + "]" * 1000,
        "a = " + "{ b = " * 1000 + "1" + " }" * 1000,
        ".".join(["a"] * 1000) + " = 1",
        f"[{'.'.join(['a'] * 1000)}]",
        "a = " + "1" * 5000,
        "a = " + "1_" * 5000 + "1",
    ],
    ids=["arrays", "tables", "key", "header", "digits", "digits_"],
)
def test_toml_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested more than 64 deep|more than 40 digits") as error:
        parse_toml(text)
    assert len(str(error.value)) < 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = '''" + "[" * 100 + "'''", "[" * 100),
        ('a = "' + "[" * 100 + '"', "[" * 100),
        ("a = '" + "1" * 100 + "'", "1" * 100),
        ("a = 1 # it's " + "[" * 100, 1),
        ('a = """\n\\"' + "{" * 100 + '"""', '"' + "{" * 100),
    ],
    ids=["literal", "basic", "digits", "comment", "escape"],
)
def test_brackets_and_digits_in_text_do_not_count(text: str, value: Any) -> None:
    assert parse_toml(text) == {"a": value}


@pytest.mark.parametrize("opening", ['"', 'a = "', 'a = """'], ids=["json", "basic", "multiline"])
def test_a_string_without_an_end_takes_no_longer_than_its_length(opening: str) -> None:
    text = opening + '\\"' * 200_000  # many minutes, if every quote were tried as a beginning
    for parse in (parse_json, parse_toml):
        with pytest.raises(ValueError, match=r"."):
            parse(text)


def test_what_is_deep_enough_is_taken() -> None:
    deep = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert parse_json(deep) is not None and parse_toml(f"a = {deep}")
    assert parse_json(b'{"name": "\\udcff"}') == {"name": "\udcff"}


def test_mistakes_of_toml_keep_their_place() -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match="line 2"):
        parse_toml("a = 1\nb =\nc = 1")
