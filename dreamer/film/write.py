"""Frames to a film file: a bounded queue, a thread, and ffmpeg at its end."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
from collections import deque
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import ffmpeg
import numpy as np

from dreamer.errors import FilmError, OutputError
from dreamer.film.codecs import Codec, film_codec
from dreamer.film.executable import encoders, find_ffmpeg
from dreamer.film.recipes import embed_recipe

RECIPE_KEY = "dreamer"
# Frames that may wait for the encoder; more would only cost memory.
_WAITING = 8
_LAST_LINES = 20


class FilmWriter:
    """Writes (H, W, 3) uint8 sRGB frames as a film; use it with `with`.

    The file grows under a temporary name and is renamed when everything is in it; left by an exception, it is removed.
    `codec` is by the suffix where it is None; `quality` is the codec's own dial; `sound`: a film whose sound is taken
    over. Raises OutputError and UsageError for what cannot be written, ToolError without ffmpeg, FilmError where ffmpeg
    gives up on the way.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        fps: Fraction,
        codec: str | None = None,
        quality: int | None = None,
        recipe: str | None = None,
        sound: Path | None = None,
    ) -> None:
        self.path, self.codec, self.recipe = path, film_codec(path, codec), recipe
        self._shape = (height, width, 3)
        # What is missing to even sides repeats the last line or column: black would show as a border.
        bottom, right = (height % 2, width % 2) if self.codec.even_sides else (0, 0)
        self._padding = ((0, bottom), (0, right), (0, 0))
        self._part = path.with_name(f".{path.name}.part")
        self._command = _command(self.codec, self._part, width + right, height + bottom, fps, quality, recipe, sound)
        self._queue: queue.Queue[np.ndarray | None] = queue.Queue(_WAITING)
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._broken = threading.Event()

    def __enter__(self) -> FilmWriter:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._remove_part()
            if self.codec.name == "frames":
                self._part.mkdir()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", where=str(self.path)) from error
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._feed, self._listen)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._queue.put(None)
        for thread in self._threads:
            thread.join()
        code = self._process.wait()
        if kind is not None:
            self._remove_part()
            return
        if code != 0 or self._broken.is_set():
            raise self._gave_up()
        self._finish()

    def add(self, frame: np.ndarray) -> None:
        """Hand over the next frame; waits where the encoder is behind."""
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ValueError(f"a frame of {frame.shape} {frame.dtype} does not fit a film of {self._shape} uint8")
        if self._broken.is_set():
            raise self._gave_up()
        self._queue.put(frame)

    def _feed(self) -> None:
        """Write frames into ffmpeg; when it has died, go on emptying the queue so that nobody waits for ever."""
        stream = self._process.stdin
        while (frame := self._queue.get()) is not None:
            if self._broken.is_set() or stream is None:
                continue
            try:
                stream.write(np.ascontiguousarray(self._padded(frame)).data)
            except OSError:
                self._broken.set()
        try:
            if stream is not None:
                stream.close()
        except OSError:
            self._broken.set()

    def _padded(self, frame: np.ndarray) -> np.ndarray:
        return np.pad(frame, self._padding, "edge") if np.any(self._padding) else frame

    def _listen(self) -> None:
        if self._process.stderr is not None:
            with self._process.stderr as said:
                self._said.extend(line.decode(errors="replace").strip() for line in said)

    def _gave_up(self) -> FilmError:
        self._process.kill()
        self._process.wait()
        self._threads[1].join()
        self._remove_part()
        said = next((line for line in reversed(self._said) if line), "it said nothing")
        remedy = "The rendered frames are kept; the same command writes the film anew."
        return FilmError(f"ffmpeg gave up: {said}", where=str(self.path), remedy=remedy)

    def _finish(self) -> None:
        try:
            if self.recipe is not None:
                embed_recipe(self._part, self.codec.container, self.recipe)
            if self.path.is_dir():
                shutil.rmtree(self.path)
            os.replace(self._part, self.path)
        except OSError as error:
            self._remove_part()
            raise OutputError(f"cannot be written: {error.strerror}", where=str(self.path)) from error

    def _remove_part(self) -> None:
        if self._part.is_dir():
            shutil.rmtree(self._part, ignore_errors=True)
        else:
            self._part.unlink(missing_ok=True)


def _command(
    codec: Codec,
    part: Path,
    width: int,
    height: int,
    fps: Fraction,
    quality: int | None,
    recipe: str | None,
    sound: Path | None,
) -> list[str]:
    executable = find_ffmpeg()
    known = encoders(executable)
    encoder = next((name for name in codec.encoders if name in known), None)
    if encoder is None:
        raise FilmError(
            f"this ffmpeg has no encoder for {codec.name}",
            where=executable,
            remedy="Use --codec h264, or another ffmpeg.",
        )
    source = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", framerate=str(fps))
    streams: list[Any] = [codec.filters(source)]
    options: dict[str, Any] = {"vcodec": encoder, "format": codec.container, **codec.options}
    if codec.quality is not None:
        options[codec.quality_option] = codec.quality if quality is None else quality
    if sound is not None and codec.container in ("mp4", "mov"):
        streams.append(ffmpeg.input(str(sound)).audio)
        options |= {"acodec": "aac", "audio_bitrate": "192k", "shortest": None}
    if recipe is not None and codec.container in ("mp4", "mov"):
        options["metadata"] = f"{RECIPE_KEY}={recipe}"
    target = str(part / "%06d.png") if codec.name == "frames" else str(part)
    output = ffmpeg.output(*streams, target, **options).global_args("-hide_banner", "-loglevel", "error")
    command: list[str] = ffmpeg.compile(output, cmd=executable, overwrite_output=True)
    return command
