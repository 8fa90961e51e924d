from __future__ import annotations

from pathlib import Path

import pytest

from dreamer.errors import PresetError
from dreamer.presets.source.beat_files import read_beats


def test_seconds_stand_on_lines_with_labels_behind_them(tmp_path: Path) -> None:
    file = tmp_path / "beats.txt"
    file.write_text("# mine\n0.5\n\n1\t1\tdownbeat\n 1.75, 2\n", encoding="utf-8")
    assert read_beats(file) == [0.5, 1.0, 1.75]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5\nfour\n", "beats.txt:2: 'four' is not a time in seconds"),
        ("0.5\n1.5x\n", "beats.txt:2: '1.5x' is not a time in seconds"),
        ("2\n1\n", "beats.txt:2: 1 s is not later than 2 s before it"),
        ("2\n", "holds no two beats"),
    ],
)
def test_mistakes_have_their_line(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "beats.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PresetError) as caught:
        read_beats(file)
    assert message in str(caught.value)


def test_what_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "beats.bin").write_bytes(b"\xff\xfe\xff")
    for name, message in (("beats.bin", "not a text file"), ("missing.txt", "No such file")):
        with pytest.raises(PresetError, match=message):
            read_beats(tmp_path / name)
