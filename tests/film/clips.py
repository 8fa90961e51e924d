"""Small films for tests: patches of known colors."""

from __future__ import annotations

import stat
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dreamer.film.codecs import CODECS
from dreamer.film.executable import encoders, find_ffmpeg
from dreamer.film.write import FilmWriter

RECIPE = '{"dreamer":"0","title":"Träume = \\"夢\\"; 100%\\n#"}'
COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


def patches(count: int = 6, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Red, green and blue thirds, with a white line that moves, so that frames differ."""
    frames = []
    for number in range(count):
        frame = np.zeros((height, width, 3), np.uint8)
        for third, color in enumerate(COLORS):
            frame[:, third * width // 3 : (third + 1) * width // 3] = color
        frame[number * 2 : number * 2 + 2] = 255
        frames.append(frame)
    return frames


def write(path: Path, frames: list[np.ndarray], **options: object) -> Path:
    height, width = frames[0].shape[:2]
    fps = options.pop("fps", Fraction(30))
    with FilmWriter(path, width=width, height=height, fps=fps, **options) as writer:  # type: ignore[arg-type]
        for frame in frames:
            writer.add(frame)
    return path


def check_colors(frame: np.ndarray) -> None:
    """The patches of a decoded frame are red, green and blue."""
    for third, color in enumerate(COLORS):
        middle = frame[-8:-4, third * 21 + 8 : third * 21 + 13].reshape(-1, 3).mean(0)
        assert np.abs(middle - color).max() < 8, (third, middle)


def needs(name: str) -> None:
    if not set(CODECS[name].encoders) & encoders(find_ffmpeg()):
        pytest.skip(f"this ffmpeg has no encoder for {name}")


def fake_ffmpeg(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = folder / "ffmpeg"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *-encoders*) echo " V....D libx264 x"; exit 0;; esac\n{script}\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("DREAMER_FFMPEG", str(fake))


def clip(path: Path, source: str, *options: str) -> Path:
    """A film of one of ffmpeg's own sources."""
    command = [find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", source, *options, str(path)]
    subprocess.run(command, check=True)
    return path
