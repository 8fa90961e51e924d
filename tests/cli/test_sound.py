from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Dreamer
from tests.sound.songs import band, save, steady, tone

pytestmark = pytest.mark.librosa


@pytest.fixture
def song(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("dreamer.sound.hear.user_cache_path", lambda *_, **__: folder / "cache")
    return save(folder / "song.wav", band(steady(120, 10), 10))


def test_a_song_is_told_drawn_and_clicked(dreamer: Dreamer, folder: Path, song: Path) -> None:
    result = dreamer("sound", "song.wav", "--plot", "curves.png", "--click", "clicks.wav")
    assert result.exit_code == 0, result.output
    assert "tempo     1" in result.stdout
    assert "bars" in result.stdout
    assert "sections  1, at 0.0 s" in result.stdout
    assert "listening to song.wav" in result.stderr
    assert (folder / "curves.png").is_file()
    assert (folder / "clicks.wav").stat().st_size == pytest.approx(song.stat().st_size, abs=8)
    facts = json.loads(dreamer("sound", "song.wav", "--json").stdout)
    assert set(facts) == {"name", "seconds", "tempo", "meter", "beats", "bars", "sections"}
    assert facts["tempo"] == pytest.approx(120, abs=2)
    rows = list(csv.DictReader(io.StringIO(dreamer("sound", "song.wav", "--csv", "--fps", "10").stdout)))
    assert len(rows) == 100
    assert {"seconds", "bass", "beat", "section"} <= set(rows[0])
    assert max(float(row["beat"]) for row in rows) > 0.9


def test_without_a_beat_it_says_so(dreamer: Dreamer, song: Path) -> None:
    save(song.parent / "hum.wav", tone(100, 3))
    assert "none found" in dreamer("sound", "hum.wav").stdout
    assert json.loads(dreamer("sound", "hum.wav", "--json").stdout)["tempo"] is None


def test_mistakes_are_told(dreamer: Dreamer, song: Path) -> None:
    (song.parent / "words.mp3").write_text("words", encoding="utf-8")
    result = dreamer("sound", "words.mp3")
    assert result.exit_code == 1
    assert "not a sound that can be read" in result.stderr
    assert dreamer("sound", "song.wav", "--csv", "--json").exit_code != 0
