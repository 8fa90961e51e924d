"""A film of how a still came to be: its canvas after the steps of each octave."""

from __future__ import annotations

from fractions import Fraction
from types import TracebackType

import numpy as np
import torch
from torch import Tensor

from dreamer.dreaming.events import DreamEvent, StepDone
from dreamer.dreaming.extent import covering
from dreamer.dreaming.octaves import output_size
from dreamer.errors import DreamerError
from dreamer.film.write import FilmWriter
from dreamer.jobs.job import Job
from dreamer.pictures import Picture

RATE = Fraction(30)
# Frames of the photo before, of all steps together, and of the finished still.
BEFORE, GROWING, AFTER = 15, 180, 45
LONGEST = 1920  # px


class GrowthFilm:
    """Films the dream whose events it hears; a context manager.

    `photo`: what is dreamt over, None where the canvas starts without one. `recipe`: what the film holds as its own.
    What goes wrong with the film is kept until `finish`, so that the still comes to be all the same.
    """

    def __init__(self, job: Job, photo: Picture | None, recipe: str | None) -> None:
        preset = job.preset
        size = output_size(preset, None if photo is None else (photo.pixels.shape[1], photo.pixels.shape[2]))
        factor = min(1.0, LONGEST / max(size))
        self.height, self.width = (max(2, round(side * factor)) for side in size)
        self._steps = max(1, sum(preset.octaves.steps_at(octave) for octave in range(preset.octaves.count)))
        self._taken, self.frames = 0, 0
        self._photo, self._path, self._recipe = photo, job.output, recipe
        self._writer: FilmWriter | None = None
        self._error: DreamerError | None = None

    def __enter__(self) -> GrowthFilm:
        if self._path is None:
            raise ValueError("a film needs an output")
        try:
            writer = FilmWriter(self._path, width=self.width, height=self.height, fps=RATE, recipe=self._recipe)
            self._writer = writer.__enter__()
        except DreamerError as error:
            self._error = error
        if self._photo is not None:
            self._add(self._photo.pixels.unsqueeze(0), BEFORE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(error or GeneratorExit())

    def hear(self, event: DreamEvent) -> None:
        """Show a step."""
        if isinstance(event, StepDone) and event.picture is not None:
            self._taken += 1
            shown = round(min(1.0, self._taken / self._steps) * GROWING)
            self._add(event.picture, shown - round((self._taken - 1) / self._steps * GROWING))

    def finish(self, pixels: Tensor) -> None:
        """End with the still, (3, H, W) in [0, 1], and write the film. Raises what has gone wrong with it."""
        self._add(pixels.unsqueeze(0), AFTER)
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.__exit__(None, None, None)
        if self._error is not None:
            raise self._error

    def _close(self, error: BaseException) -> None:
        """End a film that is not finished: nothing of it stays."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.__exit__(type(error), error, None)

    def _add(self, picture: Tensor, times: int) -> None:
        if times < 1 or self._writer is None or self._error is not None:
            return
        frame = _frame(picture, self.height, self.width)
        try:
            for _ in range(times):
                self._writer.add(frame)
                self.frames += 1
        except DreamerError as error:
            self._error = error
            self._close(error)


def _frame(picture: Tensor, height: int, width: int) -> np.ndarray:
    pixels = covering(picture[:1], height, width)[0].clamp(0, 1)
    values: np.ndarray = (pixels * 255).round().to("cpu", torch.uint8).permute(1, 2, 0).contiguous().numpy()
    return values
