"""Reading a clip frame by frame: dreamer's reader, which is imageio's, against a plain pipe from ffmpeg."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.timing import interleaved, table
from dreamer.film.executable import find_ffmpeg, run
from dreamer.film.read import read_frames
from dreamer.film.write import FilmWriter

WIDTH, HEIGHT, FRAMES = 640, 360, 300


def report(rounds: int) -> str:
    """The table of both ways to the same pixels; asking for the film's size belongs to either."""
    with tempfile.TemporaryDirectory() as folder:
        path = _clip(Path(folder) / "clip.mp4")
        if not all(np.array_equal(*pair) for pair in zip(_plain_pipe(path), read_frames(path), strict=True)):
            raise RuntimeError("the two ways give other pixels")
        ways = {
            "a plain ffmpeg pipe": lambda: sum(1 for _ in _plain_pipe(path)),
            "dreamer, through imageio": lambda: sum(1 for _ in read_frames(path)),
        }
        return table(f"reading {FRAMES} frames, {WIDTH} x {HEIGHT}, H.264", interleaved(ways, rounds))


def _clip(path: Path) -> Path:
    """A film of colored blocks that drift."""
    blocks = np.random.default_rng(0).integers(0, 256, (HEIGHT // 20, WIDTH // 20, 3), np.uint8)
    picture = blocks.repeat(20, 0).repeat(20, 1)
    with FilmWriter(path, width=WIDTH, height=HEIGHT, fps=Fraction(30)) as writer:
        for number in range(FRAMES):
            writer.add(np.roll(picture, (number, 2 * number), (0, 1)))
    return path


def _plain_pipe(path: Path) -> Iterator[np.ndarray]:
    run([find_ffmpeg(), "-hide_banner", "-i", str(path)])
    scale = "scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+full_chroma_inp"
    options = ["-v", "error", "-i", str(path), "-vf", scale, "-fps_mode", "passthrough"]
    command = [find_ffmpeg(), *options, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while process.stdout is not None and (data := process.stdout.read(WIDTH * HEIGHT * 3)):
            yield np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH, 3)
