"""Writing films: numbered pictures, sound, the queue, and what goes wrong on the way."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.errors import FilmError, OutputError
from dreamer.film.command import Soundtrack
from dreamer.film.executable import find_ffmpeg
from dreamer.film.probe import probe
from dreamer.film.write import FilmWriter
from tests.film.clips import fake_ffmpeg, patches, write


def test_numbered_pictures_are_exact(tmp_path: Path) -> None:
    frames = patches()
    path = write(tmp_path / "numbered", frames)
    names = sorted(file.name for file in path.iterdir())
    assert names[0] == "000001.png"
    assert len(names) == 6
    for name, frame in zip(names, frames, strict=True):
        assert np.array_equal(np.array(Image.open(path / name)), frame)


def test_sound_is_taken_over(tmp_path: Path) -> None:
    tone = tmp_path / "tone.mp4"
    command = [find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=1"]
    subprocess.run([*command, "-f", "lavfi", "-i", "sine=duration=1", "-pix_fmt", "yuv420p", str(tone)], check=True)
    assert probe(tone).has_sound
    path = write(tmp_path / "a.mp4", patches(15), sound=Soundtrack(tone))
    facts = probe(path)
    assert facts.has_sound
    assert facts.seconds is not None
    assert facts.seconds < 0.7


def test_leaving_by_an_exception_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with FilmWriter(tmp_path / "a.mp4", width=64, height=48, fps=Fraction(30)) as writer:
            writer.add(patches()[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_the_message_of_a_failed_ffmpeg_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ffmpeg(tmp_path, "echo 'No space left on device' >&2; exit 1", monkeypatch)
    with pytest.raises(FilmError, match="No space left on device") as caught:
        write(tmp_path / "out" / "a.mp4", patches(4, 640, 480) * 30)
    assert "a.mp4" in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.slow
def test_frames_wait_in_a_bounded_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ffmpeg(tmp_path, "sleep 1; cat > /dev/null; exit 1", monkeypatch)
    frames = patches(1, 640, 480)
    handed = []

    def hand() -> None:
        with (
            pytest.raises(FilmError),
            FilmWriter(tmp_path / "a.mp4", width=640, height=480, fps=Fraction(30)) as writer,
        ):
            for number in range(40):
                writer.add(frames[0])
                handed.append(number)

    thread = threading.Thread(target=hand)
    thread.start()
    time.sleep(0.5)
    assert len(handed) <= 10
    thread.join()
    assert len(handed) == 40


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError):
        write(tmp_path / "sub" / "a.mp4", patches())


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").write_text("x")
    with pytest.raises(OutputError, match="sub"):
        write(tmp_path / "sub" / "a.mp4", patches())
