from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from dreamer.film.probe import probe
from tests.cli.conftest import Dreamer
from tests.sound.songs import band, save, steady, tone

pytestmark = [pytest.mark.librosa, pytest.mark.usefixtures("networks_kept")]


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
    result = dreamer("sound", "song.wav", "--csv", "--fps", "abc")
    assert result.exit_code == 2 and "'abc' is not a frame rate" in result.stderr


FILM = (
    "--size", "64", "--fps", "10", "--precision", "float32", "--set", "octaves.count=1", "--set", "octaves.steps=1",
    "--set", "animation.lead_in=1", "--keep-frames",
)  # fmt: skip


@pytest.fixture
def photo(folder: Path) -> Path:
    Image.effect_noise((64, 48), 80).convert("RGB").save(folder / "a.png")
    return folder / "a.png"


@pytest.mark.slow
def test_a_film_follows_a_song_stops_goes_on_and_is_made_again(dreamer: Dreamer, song: Path, photo: Path) -> None:
    follow = ("animate", "a.png", "-p", "pulse", "--sound", "song.wav", "--sound-start", "1s", *FILM)
    whole = dreamer(*follow, "-o", "whole.mp4", "--length", "3b")
    assert whole.exit_code == 0, whole.output
    facts = probe(Path("whole.mp4"))
    assert facts.has_sound
    assert facts.seconds == pytest.approx(1.5, abs=0.15)
    # The first frames alone, as if the command had been stopped; then all of them.
    assert dreamer(*follow, "-o", "parts.mp4", "--length", "3b", "--frames", "0:6").exit_code == 0
    assert len(list(Path("parts.mp4.frames").glob("*.png"))) == 6
    assert dreamer(*follow, "-o", "parts.mp4", "--length", "3b", "--force").exit_code == 0
    assert Path("parts.mp4").read_bytes() == Path("whole.mp4").read_bytes()
    Path("music").mkdir()
    song.rename(Path("music/renamed.wav"))
    lost = dreamer("again", "whole.mp4", "-o", "again.mp4")
    assert lost.exit_code == 3
    assert "--sound SONG" in lost.stderr
    save(Path("other.wav"), tone(100, 3))
    assert "is not the song of whole.mp4" in dreamer("again", "whole.mp4", "--sound", "other.wav").stderr
    again = dreamer("again", "whole.mp4", "-o", "again.mp4", "--sound", "music/renamed.wav")
    assert again.exit_code == 0, again.output
    assert frames_of("again.mp4") == frames_of("whole.mp4")


def frames_of(film: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(Path(f"{film}.frames").glob("[0-9]*.png"))]


@pytest.mark.slow
def test_again_beside_the_song_gives_the_same_bytes(dreamer: Dreamer, song: Path, photo: Path) -> None:
    made = dreamer("animate", "a.png", "-p", "pulse", "--sound", str(song), *FILM, "--length", "0.4s", "-o", "one.mp4")
    assert made.exit_code == 0, made.output
    assert dreamer("again", "one.mp4", "-o", "two.mp4").exit_code == 0
    assert Path("two.mp4").read_bytes() == Path("one.mp4").read_bytes()
    assert str(song.parent).encode() not in Path("one.mp4").read_bytes()


def test_a_film_gets_a_song_that_it_does_not_follow_without_being_rendered_again(
    dreamer: Dreamer, song: Path, photo: Path
) -> None:
    plain = ("animate", "a.png", "-p", "spiral", "-o", "film.mp4", "--length", "0.3s", *FILM)
    assert dreamer(*plain).exit_code == 0
    before = {path.name: path.stat().st_mtime_ns for path in Path("film.mp4.frames").glob("[0-9]*.png")}
    assert dreamer(*plain, "--sound", "song.wav", "--force").exit_code == 0
    assert probe(Path("film.mp4")).has_sound
    assert {path.name: path.stat().st_mtime_ns for path in Path("film.mp4.frames").glob("[0-9]*.png")} == before


def test_mistakes_with_songs_are_told_before_the_first_frame(dreamer: Dreamer, song: Path, photo: Path) -> None:
    Path("silent.txt").write_text("no sound", encoding="utf-8")
    Path("beats.txt").write_text("0.5\nsoon\n", encoding="utf-8")
    film = ("animate", "a.png", "-p", "pulse", "-o", "film.mp4", *FILM)
    for options, code, message in (
        ((), 2, "follows a song (bass, beat), and there is none"),
        (("--sound", "song.wav", "--length", "60s"), 2, "song.wav: lasts 10.0 s from 0s on, and the film 60.0 s"),
        (("--sound", "silent.txt"), 1, "silent.txt: is not a sound that can be read"),
        (("--sound", "missing.mp3"), 1, "missing.mp3: cannot be read: No such file"),
        (("--sound", "song.wav", "--sound-start", "soon"), 2, "'soon' is not a time in a song; write '30s'"),
        (("--sound", "song.wav", "--beats", "beats.txt"), 2, "beats.txt:2: 'soon' is not a time in seconds"),
    ):
        result = dreamer(*film, *options)
        assert result.exit_code == code, result.output
        assert message in result.stderr
    assert not Path("film.mp4.frames").exists()


def test_beats_by_hand_and_the_length_of_the_song(dreamer: Dreamer, song: Path, photo: Path) -> None:
    Path("beats.txt").write_text("0\n3\n6\n", encoding="utf-8")
    asked = ("animate", "a.png", "-p", "pulse", "--sound", "song.wav", *FILM, "--print-preset")
    assert "frames = 100" in dreamer(*asked, "--length", "sound").stdout
    assert "frames = 30" in dreamer(*asked, "--beats", "beats.txt", "--length", "1b").stdout


def test_curves_of_a_preset_are_drawn_by_the_song(dreamer: Dreamer, song: Path) -> None:
    result = dreamer("presets", "plot", "pulse", "--set", "animation.song=song.wav", "-o", "curves.png")
    assert result.exit_code == 0, result.output
    with_song = Path("curves.png").read_bytes()
    assert dreamer("presets", "plot", "pulse", "-o", "curves.png").exit_code == 0
    assert Path("curves.png").read_bytes() != with_song
