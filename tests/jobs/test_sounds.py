"""Films with a song: what is refused, what is heard in the file, and that both stay together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dreamer.errors import SoundError, UsageError
from dreamer.film.command import Soundtrack
from dreamer.film.read import read_frames
from dreamer.film.write import FilmWriter
from dreamer.jobs.events import JobDone, JobFailed
from dreamer.jobs.film_keys import film_key
from dreamer.jobs.job import FilmSettings, Job, job_key
from dreamer.jobs.sounds import check_sound, film_seconds, follows_song, song_of
from dreamer.pictures import write_picture
from dreamer.presets import Preset
from dreamer.presets.timeline.hearing import Song
from dreamer.presets.timeline.keyframes import Timeline
from dreamer.sound.decode import RATE, decode
from tests.film.clips import clip, patches, write
from tests.jobs.conftest import run_inline
from tests.sound.songs import at, band, click, save, silence, steady, tone

FOLLOWS = {"fidelity": "= 0.5 * beat"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dreamer.sound.hear.user_cache_path", lambda *_, **__: tmp_path / "cache")
    write_picture(Path("a.png"), torch.rand((3, 32, 48), generator=torch.Generator().manual_seed(0)))
    return tmp_path


def preset(keyframes: dict[str, Any] | None = None, **animation: Any) -> Preset:
    tree = {
        "targets": [{"layer": "conv2"}],
        "octaves": {"count": 1, "steps": 1},
        "animation": {"fps": 10, "frames": 4, "lead_in": 1, **animation},
        "keyframes": keyframes or {},
    }
    return Preset.model_validate(tree)


def job(output: str, source: str = "a.png", keyframes: dict[str, Any] | None = None, **animation: Any) -> Job:
    return Job(Path(source), preset(keyframes, **animation), "mine", Path(output), FilmSettings())


def run(job: Job) -> JobDone:
    events = []
    run_inline([job], events.append)
    for event in events:
        if isinstance(event, JobFailed):
            raise event.error
    (done,) = [event for event in events if isinstance(event, JobDone)]
    return done


def test_signals_need_a_song() -> None:
    with pytest.raises(UsageError, match=r"follows a song \(beat\), and there is none[^$]*Give --sound"):
        raise UsageError(str(refused(preset(FOLLOWS), None)))
    assert "there is no song" in str(refused(preset(length="sound", frames=None), None))
    check_sound(preset(), None, 9.0)


def refused(preset: Preset, song: Song | None, seconds: float = 9.0) -> UsageError:
    with pytest.raises(UsageError) as caught:
        check_sound(preset, song, seconds)
    return caught.value


def test_a_song_lasts_as_long_as_the_film_or_says_what_then() -> None:
    song = Song("song.ogg", 10.0)
    check_sound(preset(song="song.ogg"), song, 10.05)
    told = refused(preset(song="song.ogg", sound_start="4s"), song, 9.0)
    assert "song.ogg: lasts 6.0 s from 4s on, and the film 9.0 s" in str(told)
    assert "--length sound" in str(told)
    for policy in ("loop", "end"):
        check_sound(preset(song="song.ogg", sound=policy), song, 99.0)
    assert "earlier --sound-start" in str(refused(preset(song="song.ogg", sound_start="10s"), song, 1.0))


def test_what_plays_backward_follows_no_song() -> None:
    song = Song("song.ogg", 10.0)
    assert "forward, then backward" in str(refused(preset(FOLLOWS, song="song.ogg", loop="pingpong"), song))
    check_sound(preset(song="song.ogg", loop="pingpong"), song, 9.0)


def test_a_song_that_nothing_follows_is_only_measured(folder: Path) -> None:
    save(folder / "song.wav", tone(200, 2))
    plain = preset(song="song.wav")
    assert not follows_song(plain)
    assert song_of(plain) == Song("song.wav", 2.0, song_of(plain).digest)  # type: ignore[union-attr]
    assert follows_song(preset(FOLLOWS, song="song.wav"))
    assert song_of(preset()) is None
    assert film_seconds(plain) == pytest.approx(0.4)
    with pytest.raises(SoundError, match="cannot be read"):
        song_of(preset(song="missing.wav"))


def test_frames_depend_on_a_song_that_is_followed_and_on_no_other(folder: Path) -> None:
    save(folder / "song.wav", band(steady(120, 3), 3))
    save(folder / "hum.wav", tone(200, 3))
    (folder / "moved").mkdir()
    (folder / "moved" / "song.wav").write_bytes((folder / "song.wav").read_bytes())
    silent = job("a.mp4")
    assert film_key(job("a.mp4", song="song.wav")) == film_key(silent)
    assert job_key(job("a.mp4", song="song.wav")) != job_key(silent)


@pytest.mark.librosa
def test_keys_go_by_what_was_heard_and_not_by_where_it_lies(folder: Path) -> None:
    save(folder / "song.wav", band(steady(120, 3), 3))
    (folder / "moved").mkdir()
    (folder / "moved" / "song.wav").write_bytes((folder / "song.wav").read_bytes())
    one = job("a.mp4", keyframes=FOLLOWS, song="song.wav")
    moved = job("a.mp4", keyframes=FOLLOWS, song="moved/song.wav")
    assert (film_key(one), job_key(one)) == (film_key(moved), job_key(moved))
    save(folder / "moved" / "song.wav", band(steady(100, 3), 3))
    assert film_key(one) != film_key(moved)


def test_the_song_is_in_the_film_from_the_right_second(folder: Path) -> None:
    save(folder / "song.wav", at([1.25], click(), 3))
    done = run(job("film.mp4", song="song.wav", sound_start="1s"))
    assert done.warnings == ()
    assert loudest(folder / "film.mp4") == pytest.approx(0.25, abs=0.01)
    part = replace(job("part.mp4", song="song.wav", sound_start="1s"), film=FilmSettings(span=(2, 4)))
    run(part)
    assert loudest(folder / "part.mp4") == pytest.approx(0.05, abs=0.01)


def loudest(path: Path) -> float:
    """Where a film is loudest, in seconds."""
    return float(np.abs(decode(path)).argmax() / RATE)


def test_what_has_no_sound_says_so(folder: Path) -> None:
    save(folder / "song.wav", tone(200, 1))
    (warning,) = run(job("film.gif", song="song.wav")).warnings
    assert warning.kind == "no_sound"
    assert "song.wav is left out" in warning.message


@pytest.mark.opencv
@pytest.mark.librosa
def test_a_dream_over_a_clip_follows_the_song_at_the_rate_of_the_clip(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(folder / "song.wav", at([0.1, 0.6, 1.1, 1.6, 2.1, 2.6], click(), 3))
    clip(folder / "clip.mp4", "testsrc=size=64x48:rate=20:duration=0.3", "-pix_fmt", "yuv420p")
    clocks = []
    original = Timeline.__init__

    def noted(self: Timeline, *args: Any) -> None:
        original(self, *args)
        clocks.append((self.clock.rate, self.clock.frames))

    monkeypatch.setattr(Timeline, "__init__", noted)
    run(job("film.mp4", "clip.mp4", keyframes={"fidelity": "= 0.5 * onset"}, song="song.wav"))
    assert (Fraction(20), 6) in clocks
    assert loudest(folder / "film.mp4") == pytest.approx(0.1, abs=0.02)


def test_a_short_song_is_repeated_or_ends(folder: Path) -> None:
    save(folder / "song.wav", at([0.25], click(), 0.5))
    for policy, heard in (("loop", [0.05, 0.35, 0.65]), ("end", [0.05])):
        path = write(
            folder / f"{policy}.mp4",
            patches(9),
            fps=Fraction(10),
            sound=Soundtrack(Path("song.wav"), 0.2, policy == "loop"),
        )
        assert len(list(read_frames(path))) == 9
        samples = np.abs(decode(path))
        assert len(samples) / RATE == pytest.approx(0.9, abs=0.06)
        assert beginnings(samples) == pytest.approx(heard, abs=0.015)


def beginnings(samples: np.ndarray) -> list[float]:
    """Where sound begins after silence, in seconds."""
    loud = np.flatnonzero(samples > 0.3 * samples.max())
    return [float(loud[0] / RATE), *(loud[1:][np.diff(loud) > RATE // 10] / RATE).tolist()]


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["24000/1001", "24", "30000/1001", "60"])
def test_frames_and_sound_stay_within_a_frame_over_five_minutes(rate: str, folder: Path) -> None:
    fps, seconds = Fraction(rate), 300.0
    beats = np.cumsum(np.resize([0.5, 0.73, 0.61, 1.1], 420))
    beats = beats[beats < seconds - 1]
    save(folder / "song.wav", at(beats, click(), seconds))
    song = Song("song.wav", seconds, beats=tuple(beats.tolist()), tempo=82.0, curves={})
    count = round(seconds * fps)
    timeline = Timeline(preset({"fidelity": "= beat"}, fps=rate, frames=count, song="song.wav"), song)
    sound = Soundtrack(Path("song.wav"))
    with FilmWriter(folder / "film.mp4", width=32, height=32, fps=fps, sound=sound, quality=30) as writer:
        for frame in range(count):
            level = round(255 * float(timeline.value("fidelity", frame)))
            writer.add(np.full((32, 32, 3), level, np.uint8))
    levels = np.array([float(frame.mean()) for frame in read_frames(folder / "film.mp4")])
    assert len(levels) == count
    flashes = (np.flatnonzero(np.diff(levels) > 60) + 1) / float(fps)
    clicks = np.array(beginnings(np.abs(decode(folder / "film.mp4"))))
    assert len(flashes) == len(clicks) == len(beats)
    late = flashes - clicks
    assert -0.002 < late.min() <= late.max() <= 1 / float(fps) + 0.002, (late.min(), late.max())


def test_silence_is_a_song_too(folder: Path) -> None:
    save(folder / "song.wav", silence(1))
    assert run(job("film.mp4", song="song.wav")).frames == 4
