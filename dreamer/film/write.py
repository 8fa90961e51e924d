"""Frames to a film file: a bounded queue, a thread, and ffmpeg at its end."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections import deque
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from dreamer.atomic import discard, part_of, sweep
from dreamer.errors import FilmError, OutputError
from dreamer.film.codecs import film_codec
from dreamer.film.command import Soundtrack, encoding_command
from dreamer.film.recipes import embed_recipe
from dreamer.refusals import refusal

# Frames that may wait for the encoder; more would only cost memory.
_WAITING = 8
_LAST_LINES = 20


class FilmWriter:
    """Writes (H, W, 3) uint8 sRGB frames as a film; a context manager.

    The file grows under a temporary name and is renamed when it is complete; an exception removes it.
    `codec` is that of the suffix where it is None; `quality` is the codec's own dial; `sound`: what is
    heard with the frames. Raises OutputError and UsageError for what cannot be written, ToolError without ffmpeg,
    FilmError where ffmpeg fails on the way.
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
        sound: Soundtrack | None = None,
    ) -> None:
        self.path, self.codec, self.recipe = path, film_codec(path, codec), recipe
        self._shape = (height, width, 3)
        # What is missing to even sides repeats the last line or column: black would show as a border.
        bottom, right = (height % 2, width % 2) if self.codec.even_sides else (0, 0)
        self._padding = ((0, bottom), (0, right), (0, 0))
        self._part = part_of(path)
        self._command = encoding_command(
            self.codec,
            self._part,
            size=(width + right, height + bottom),
            fps=fps,
            quality=quality,
            recipe=recipe,
            sound=sound,
        )
        self._queue: queue.Queue[np.ndarray | None] = queue.Queue(_WAITING)
        self._messages: deque[str] = deque(maxlen=_LAST_LINES)
        self._broken = threading.Event()

    def __enter__(self) -> FilmWriter:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            sweep(self.path.parent)
            if self.codec.name == "frames":
                self._part.mkdir()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise refusal(OutputError, "cannot be written", error, self.path) from error
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
            discard(self._part)
            return
        if code != 0 or self._broken.is_set():
            raise self._failed()
        self._finish()

    def add(self, frame: np.ndarray) -> None:
        """Hand over the next frame; waits while the encoder is behind."""
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ValueError(f"a frame of {frame.shape} {frame.dtype} does not fit a film of {self._shape} uint8")
        if self._broken.is_set():
            raise self._failed()
        self._queue.put(frame)

    def _feed(self) -> None:
        """Write frames into ffmpeg; when it has died, keep emptying the queue, or `add` would wait forever."""
        stream = self._process.stdin
        while (frame := self._queue.get()) is not None:
            if self._broken.is_set() or stream is None:
                continue
            try:
                stream.write(np.ascontiguousarray(self._padded(frame)).data)
            except (OSError, MemoryError):
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
            with self._process.stderr as lines:
                self._messages.extend(line.decode(errors="replace").strip() for line in lines)

    def _failed(self) -> FilmError:
        self._process.kill()
        self._process.wait()
        self._threads[1].join()
        discard(self._part)
        message = next((line for line in reversed(self._messages) if line), "it gave no reason")
        remedy = "The rendered frames are kept; the same command writes the film again."
        return FilmError(f"ffmpeg failed: {message}", where=str(self.path), remedy=remedy)

    def _finish(self) -> None:
        try:
            if self.recipe is not None:
                embed_recipe(self._part, self.codec.container, self.recipe)
            if self.path.is_dir():
                self._replace_folder()
            else:
                os.replace(self._part, self.path)
        except OSError as error:
            discard(self._part)
            raise refusal(OutputError, "cannot be written", error, self.path) from error

    def _replace_folder(self) -> None:
        """Put a finished folder in the place of one that is there, which goes back where that does not succeed."""
        old = part_of(self.path)
        os.replace(self.path, old)
        try:
            os.replace(self._part, self.path)
        except OSError:
            os.replace(old, self.path)
            raise
        discard(old)
