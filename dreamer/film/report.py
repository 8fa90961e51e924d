"""Measures of a film while it is written: drift of its frames, and how its end meets its beginning."""

from __future__ import annotations

import json
import statistics
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from dreamer.atomic import atomic_write
from dreamer.drawing.charts import draw_curves
from dreamer.drawing.save import save_drawing
from dreamer.dreaming.statistics import PictureStatistics, picture_statistics

CURVES = ("brightness", "contrast", "saturation", "sharpness")


class FilmReport:
    """Takes the shown frames, (H, W, 3) uint8, one after the other; keeps numbers and two frames, never more."""

    def __init__(self, *, measuring: bool) -> None:
        self.measures: list[PictureStatistics] = []
        self._measuring = measuring
        self._first: np.ndarray | None = None
        self._last: np.ndarray | None = None
        self._changes: list[float] = []
        self.count = 0

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in px of the frames; (0, 0) where there were none."""
        return (0, 0) if self._first is None else (self._first.shape[0], self._first.shape[1])

    def add(self, pixels: np.ndarray) -> None:
        """Take the next frame."""
        self.count += 1
        if self._first is None:
            self._first = pixels
        if self._last is not None:
            self._changes.append(_difference(self._last, pixels))
        self._last = pixels
        if self._measuring:
            image = torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).float() / 255
            self.measures.append(picture_statistics(image))

    def seam(self) -> float:
        """Mean absolute difference of the last frame and the first, over the median of that between neighbors."""
        if self._first is None or self._last is None or not self._changes:
            return 0.0
        return _difference(self._last, self._first) / max(statistics.median(self._changes), 1e-9)

    def write(self, path: Path, rate: Fraction) -> None:
        """Write the measures of every frame: as JSON where `path` ends in .json, else as curves in a picture.

        Raises OutputError.
        """
        curves = {name: [getattr(measures, name) for measures in self.measures] for name in CURVES}
        if path.suffix.lower() != ".json":
            save_drawing(draw_curves(curves, seconds=float(len(self.measures) / rate)), path)
            return
        with atomic_write(path, "w") as file:
            json.dump({**curves, "seam": self.seam()}, file, indent=1)


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())
