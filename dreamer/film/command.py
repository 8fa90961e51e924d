"""The ffmpeg command that encodes a film."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from dreamer.errors import FilmError
from dreamer.film.codecs import Codec
from dreamer.film.executable import encoders, find_ffmpeg
from dreamer.film.recipes import RECIPE_KEY

# Samples of a sound that is repeated: the most that ffmpeg takes.
_LONGEST = 2**31 - 1


@dataclass(frozen=True)
class Soundtrack:
    """The sound of a film: a file's, from `start` seconds on; with `loops` it begins again after its end. The first
    `skipped` seconds of that are left out, where the film itself begins later."""

    path: Path
    start: float = 0.0
    loops: bool = False
    skipped: float = 0.0

    def stream(self) -> Any:
        """As a stream that never ends: where there is no sound is silence."""
        # To the sample, by what was decoded: the jumps of a compressed file are not.
        sound = ffmpeg.input(str(self.path)).audio.filter("aresample", **{"async": 1, "first_pts": 0})
        sound = _later(sound, self.start)
        sound = sound.filter("aloop", loop=-1, size=_LONGEST) if self.loops else sound.filter("apad")
        return _later(sound, self.skipped)


def _later(sound: Any, seconds: float) -> Any:
    """The stream without its first seconds."""
    return sound.filter("atrim", start=seconds).filter("asetpts", "PTS-STARTPTS") if seconds else sound


def encoding_command(
    codec: Codec,
    target: Path,
    *,
    size: tuple[int, int],
    fps: Fraction,
    quality: int | None,
    recipe: str | None,
    sound: Soundtrack | None,
) -> list[str]:
    """The command that takes raw RGB frames of `size` (width, height) on its standard input and writes `target`.

    Raises ToolError without ffmpeg, FilmError where it cannot encode this codec.
    """
    executable = find_ffmpeg()
    source = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s="{}x{}".format(*size), framerate=str(fps))
    streams: list[Any] = [codec.filters(source)]
    options: dict[str, Any] = {"vcodec": _encoder(codec, executable), "format": codec.container, **codec.options}
    if codec.quality is not None:
        options[codec.quality_option] = codec.quality if quality is None else quality
    if sound is not None and codec.sound is not None:
        streams.append(sound.stream())
        options |= {"acodec": codec.sound, "audio_bitrate": "192k", "shortest": None}
    if recipe is not None and codec.sound is not None:
        options["metadata"] = f"{RECIPE_KEY}={recipe}"
    name = str(target / "%06d.png") if codec.name == "frames" else str(target)
    output = ffmpeg.output(*streams, name, **options).global_args("-hide_banner", "-loglevel", "error")
    command: list[str] = ffmpeg.compile(output, cmd=executable, overwrite_output=True)
    return command


def _encoder(codec: Codec, executable: str) -> str:
    """The first of the codec's encoders that this ffmpeg has."""
    available = encoders(executable)
    encoder = next((name for name in codec.encoders if name in available), None)
    if encoder is None:
        remedy = "Use --codec h264, or another ffmpeg."
        raise FilmError(f"this ffmpeg has no encoder for {codec.name}", where=executable, remedy=remedy)
    return encoder
