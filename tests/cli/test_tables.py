from __future__ import annotations

import json

import pytest

from dreamer.cli.tables import print_rows, print_table

ROWS = [
    {"name": "conv1", "input_px": 224, "classes": "a [b] of " + "many " * 60},
    {"name": "inception4c", "input_px": 32, "classes": ""},
]


def test_without_a_terminal_a_row_is_one_line_of_plain_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_rows(ROWS, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "name         input px  classes",
        "conv1             224  " + ROWS[0]["classes"].rstrip(),  # type: ignore[attr-defined]
        "inception4c        32",
    ]


def test_rows_may_be_json_or_go_without_headings(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, as_json=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS
    print_table([{"name": "device", "mark": "ok"}], headed=False)
    assert capsys.readouterr().out == "device  ok\n"
    print_rows([], as_json=False)
    assert capsys.readouterr().out == ""


def test_a_terminal_folds_what_is_too_long(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_rows(ROWS, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 4 and sum(line.count("many") for line in lines) == 60
