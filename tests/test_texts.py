from __future__ import annotations

import io
import json
import os

import pytest

from dreamer.errors import PictureError
from dreamer.texts import ERRORS, around, escaped_name, first_line, harmless, json_line, printable, unescaped_name

ODD = os.fsdecode(b"caf\xe9 \xf0\x9f\xa6\x8a.png")  # a byte of Latin-1, then a fox


def test_a_long_line_is_cut_around_its_place() -> None:
    text = "a" * 500 + "HERE" + "b" * 500
    cut = around(text, 502)
    assert "HERE" in cut and len(cut) == 106 and cut.startswith("...") and cut.endswith("...")
    assert around("short", 3) == "short"
    assert around("x" * 101) == "x" * 100 + "..."


@pytest.mark.parametrize("name", [ODD, "plain.png", r"a\xe9.png", "\\\\x", r"C:\photos\xab.png", ""])
def test_names_are_stored_without_loss(name: str) -> None:
    text = escaped_name(name)
    text.encode("utf-8")
    assert unescaped_name(text) == name


def test_names_cannot_steer_a_terminal() -> None:
    assert harmless("\x1b[31mred\r\x9b2J\x07\x7f") == r"\x1b[31mred\x0d\x9b2J\x07\x7f"
    assert harmless(f"two\nlines\tand {ODD}") == f"two\nlines\tand {ODD}"
    assert str(PictureError("is cut short", where="\x1b]0;title\x07.png")) == r"\x1b]0;title\x07.png: is cut short"


def test_json_holds_any_name() -> None:
    line = json_line({"name": ODD})
    assert json.loads(line.encode("utf-8")) == {"name": ODD} and "🦊" in line
    assert printable(ODD) == "caf? 🦊.png"


@pytest.mark.parametrize(("encoding", "fox"), [("utf-8", "🦊".encode()), ("ascii", rb"\U0001f98a")])
def test_streams_give_bytes_of_names_back(encoding: str, fox: bytes) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=ERRORS)
    stream.write(ODD)
    stream.flush()
    assert stream.buffer.getvalue() == b"caf\xe9 " + fox + b".png"  # type: ignore[attr-defined]


def test_there_may_be_no_first_line() -> None:
    assert [first_line(text) for text in ("", "\n", "a\nb")] == ["", "", "a"]
