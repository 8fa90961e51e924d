"""A film or animated picture to frames, as a stream: memory does not grow with the film's length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from dreamer.errors import FilmError
from dreamer.film.animated import animated_frames, is_animated
from dreamer.film.codecs import is_film
from dreamer.film.executable import ffmpeg_for_imageio
from dreamer.film.facts import FilmFacts
from dreamer.film.probe import ANY_FILM, last_line, probe


def is_clip(path: Path) -> bool:
    """Whether a file has frames to dream over: a film, by its suffix, or an animated picture."""
    return is_film(path) or is_animated(path)


def read_frames(path: Path, *, first: int = 0) -> Iterator[np.ndarray]:
    """Frames from number `first` on as (H, W, 3) uint8, upright, full-range sRGB by the film's own matrix.

    Raises FilmError for what is not a film or breaks off in the middle of a frame, ToolError without ffmpeg,
    PictureError for an animated picture that is damaged.
    """
    if is_animated(path):
        yield from animated_frames(path, first=first)
        return
    # Passthrough: every stored frame comes out once, whatever the times say.
    options = ["-vf", ",".join(_filters(probe(path), first)), "-fps_mode", "passthrough"]
    frames = iio.imiter(path, plugin="FFMPEG", extension=ANY_FILM, output_params=options)
    try:
        with ffmpeg_for_imageio():
            opening = next(frames, None)
        if opening is None:
            raise FilmError("cannot be decoded: no frame in it", where=str(path))
        if first == 0:
            yield opening
        yield from frames
    except (OSError, RuntimeError, IndexError) as error:
        raise FilmError(f"cannot be decoded: {last_line(error)}", where=str(path)) from error


def _filters(facts: FilmFacts, first: int) -> Iterator[str]:
    """ffmpeg's filters for what `read_frames` promises."""
    if first:
        # Frame 0 comes along and is dropped by the caller: imageio gives ffmpeg ten seconds for its first frame.
        yield rf"select=not(n)+gte(n\,{first})"
    if "yuv" in facts.pixel_format:
        matrix = "bt709" if "bt709" in facts.color_tags or facts.height >= 720 else "bt601"
        yield f"scale=in_color_matrix={matrix}:flags=accurate_rnd+full_chroma_int+full_chroma_inp"
    yield "null"
