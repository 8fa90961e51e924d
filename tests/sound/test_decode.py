from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dreamer.errors import SoundError
from dreamer.film.executable import find_ffmpeg
from dreamer.sound.decode import RATE, decode, stated_seconds
from tests.sound.songs import save, tone


def encoded(source: Path, name: str, *options: str) -> Path:
    path = source.parent / name
    subprocess.run([find_ffmpeg(), "-v", "error", "-i", str(source), *options, str(path)], check=True)
    return path


def test_samples_are_those_that_were_written(tmp_path: Path) -> None:
    written = tone(440, 1.5)
    path = save(tmp_path / "a.wav", written)
    assert decode(path) == pytest.approx(written, abs=1e-4)
    assert stated_seconds(path) == pytest.approx(1.5, abs=0.01)


def test_channels_are_mixed_and_rates_are_met(tmp_path: Path) -> None:
    path = encoded(save(tmp_path / "a.wav", tone(440, 1.0)), "b.flac", "-ac", "2", "-ar", "48000")
    samples = decode(path)
    assert len(samples) == pytest.approx(RATE, abs=64)
    peak = np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples)
    assert peak == pytest.approx(440, abs=2)


def test_what_has_no_sound_is_told(tmp_path: Path) -> None:
    film = tmp_path / "silent.mp4"
    command = [find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=1"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(film)], check=True)
    text = tmp_path / "notes.mp3"
    text.write_text("no sound at all", encoding="utf-8")
    with pytest.raises(SoundError, match="has no sound in it"):
        decode(film)
    with pytest.raises(SoundError, match="not a sound that can be read"):
        decode(text)
    with pytest.raises(SoundError, match=r"No such file[^$]*Check the path"):
        raise SoundError(str(_raised(tmp_path / "missing.mp3")))
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(SoundError, match="not a regular file"):
        decode(tmp_path / "pipe.mp3")


def _raised(path: Path) -> SoundError:
    with pytest.raises(SoundError) as caught:
        decode(path)
    return caught.value


def test_a_song_that_breaks_off_is_told(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.wav", tone(440, 8.0))
    path = encoded(whole, "b.flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SoundError, match=r"breaks off after \d\.\d of 8\.0 s"):
        decode(path)


def test_damaged_places_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = encoded(save(tmp_path / "a.wav", tone(440, 8.0)), "b.flac")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING, "dreamer"):
        decode(path)
    assert "has damaged places" in caplog.text
