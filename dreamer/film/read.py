"""A film or animated picture to frames, as a stream: memory does not grow with the film's length."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from dreamer.errors import FilmError
from dreamer.film.animated import animated_frames, is_animated
from dreamer.film.codecs import is_film
from dreamer.film.executable import ffmpeg_for_imageio
from dreamer.film.probe import check_file, last_line

# Films of this height or more that are not tagged are taken as BT.709, as players do.
HD = 720
# A matrix among what ffmpeg writes behind a pixel format: "yuv420p(tv, bt709/bt709/iec61966-2-1, progressive)".
_MATRIX = re.compile(r"[(, ](gbr|rgb|bt709|fcc|bt470bg|smpte170m|smpte240m|ycgco|bt2020n?c)\b")


def is_moving(path: Path) -> bool:
    """Whether a file has frames to dream over: a film, by its suffix, or an animated picture."""
    return is_film(path) or is_animated(path)


def read_frames(path: Path, *, first: int = 0) -> Iterator[np.ndarray]:
    """Frames from number `first` on as (H, W, 3) uint8 that cannot be changed: upright, sRGB by the film's own matrix.

    Raises FilmError for what is not a film or breaks off in the middle of a frame, ToolError without ffmpeg,
    PictureError for an animated picture that is damaged.
    """
    if is_animated(path):
        yield from animated_frames(path, first=first)
        return
    check_file(path)
    try:
        with ffmpeg_for_imageio():
            facts, frames = _opened(path, _filters(first, "auto"))
            if facts["size"][1] >= HD and not _MATRIX.search(facts["pix_fmt"]):
                frames.close()
                facts, frames = _opened(path, _filters(first, "bt709"))
        opening = next(frames, None)
        if opening is None:
            raise FilmError("cannot be decoded: no frame in it", where=str(path))
        width, height = facts["size"]
        for data in frames if first else chain([opening], frames):
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)
    except (OSError, RuntimeError, IndexError) as error:
        raise FilmError(f"cannot be decoded: {last_line(error)}", where=str(path)) from error


def _opened(path: Path, filters: str) -> tuple[dict[str, Any], Generator[bytes, None, None]]:
    """A film's facts, and its frames as they come from ffmpeg.

    By what imageio itself reads films by: its own interface would copy every frame once more.
    """
    # Passthrough: every stored frame comes out once, whatever the times say.
    frames = imageio_ffmpeg.read_frames(str(path), output_params=["-vf", filters, "-fps_mode", "passthrough"])
    return next(frames), frames


def _filters(first: int, matrix: str) -> str:
    """ffmpeg's filters for what `read_frames` promises; "auto": the matrix that the film is tagged with, or BT.601."""
    # Frame 0 comes along and is dropped by the caller: imageio gives ffmpeg ten seconds for its first frame.
    select = rf"select=not(n)+gte(n\,{first})," if first else ""
    return f"{select}scale=in_color_matrix={matrix}:flags=accurate_rnd+full_chroma_int+full_chroma_inp"
