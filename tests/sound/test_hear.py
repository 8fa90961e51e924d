from __future__ import annotations

from pathlib import Path

import pytest

from dreamer.errors import SoundError
from dreamer.sound import analysis
from dreamer.sound.hear import hear, heard_digest, measure, sound_digest
from tests.sound.songs import band, save, steady, tone


@pytest.mark.librosa
def test_a_song_is_listened_to_once(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.wav", band(steady(120, 6), 6))
    shares: list[float] = []
    song = hear(path, shares.append)
    assert shares[-1] == 1
    assert song.digest == sound_digest(path)
    assert [file.name for file in (own_cache / "songs").iterdir()] == [f"{song.digest[:24]}-1.json"]
    monkeypatch.setattr(analysis, "analyze", None)
    monkeypatch.setattr("dreamer.sound.hear._KNOWN", {})
    other = path.rename(tmp_path / "b.wav")
    again = hear(other)
    assert again.name == "b.wav"
    assert heard_digest(again) == heard_digest(song)


@pytest.mark.librosa
def test_what_was_kept_and_cannot_be_read_is_found_anew(tmp_path: Path, own_cache: Path) -> None:
    path = save(tmp_path / "a.wav", tone(100, 1))
    song = hear(path)
    (kept,) = (own_cache / "songs").iterdir()
    kept.write_text('{"name": 3}', encoding="utf-8")
    assert hear(path) == song


def test_measuring_needs_no_librosa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "librosa", None)
    song = measure(save(tmp_path / "a.wav", tone(100, 1.25)))
    assert song.seconds == pytest.approx(1.25, abs=1e-3)
    assert song.curves is None


def test_a_song_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="cannot be read: No such file"):
        hear(tmp_path / "missing.ogg")
