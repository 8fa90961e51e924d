"""A film file to frames, as a stream: memory does not grow with the film's length."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import ffmpeg
import numpy as np

from dreamer.errors import FilmError
from dreamer.film.executable import find_ffmpeg
from dreamer.film.probe import probe


def read_frames(path: Path, *, first: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
    """Frames `first` to `stop` (exclusive) as (H, W, 3) uint8, upright, full-range sRGB by the film's own matrix.

    Raises FilmError for what is no film or breaks off in the middle of a frame, ToolError without ffmpeg.
    """
    facts = probe(path)
    stream = ffmpeg.input(str(path)).video
    if first or stop is not None:
        span = {"start_frame": first} | ({} if stop is None else {"end_frame": stop})
        stream = stream.filter("trim", **span).filter("setpts", "PTS-STARTPTS")
    matrix = "bt709" if "bt709" in facts.color_tags or facts.height >= 720 else "bt601"
    if "yuv" in facts.pixel_format:
        stream = stream.filter("scale", in_color_matrix=matrix, flags="accurate_rnd+full_chroma_int+full_chroma_inp")
    output = ffmpeg.output(stream, "pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
    command = ffmpeg.compile(output.global_args("-v", "error"), cmd=find_ffmpeg())
    size = facts.width * facts.height * 3
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:
        try:
            count = 0
            while process.stdout is not None and (data := process.stdout.read(size)):
                if len(data) < size:
                    break
                count += 1
                yield np.frombuffer(data, np.uint8).reshape(facts.height, facts.width, 3)
            if count == 0 and process.wait() != 0:
                said.seek(0)
                lines = said.read().decode(errors="replace").strip().splitlines()
                raise FilmError(f"cannot be decoded: {lines[-1] if lines else 'no frame in it'}", where=str(path))
        finally:
            process.kill()
