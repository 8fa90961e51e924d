"""What a dream reports of its octaves, steps and tiles, and how much of it is done."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from dreamer.dreaming.events import Listener, OctaveStarted, StepDone, TileDone


class Reports:
    """Tells `listen` of each octave, counted from 0, of (height, width) in `sizes` and with so many `steps`."""

    def __init__(self, sizes: Sequence[tuple[int, int]], steps: Sequence[int], listen: Listener) -> None:
        self._sizes, self._steps, self._listen = sizes, steps, listen
        self._work = [height * width * count for (height, width), count in zip(sizes, steps, strict=True)]
        self._done = 0  # steps of the octave

    @property
    def work(self) -> int:
        """Pixels times steps of the whole dream."""
        return sum(self._work)

    def octave_started(self, octave: int, tile: int | None) -> None:
        """An octave begins, in tiles of `tile` px."""
        self._done = 0
        height, width = self._sizes[octave]
        self._listen(OctaveStarted(octave + 1, len(self._sizes), height, width, self._steps[octave], tile))

    def step_done(self, octave: int, step: int, objective: Tensor, picture: Tensor) -> None:
        """Step number `step`, from 1, is done."""
        self._done = step
        place = octave + 1, len(self._sizes), step, self._steps[octave], *self._sizes[octave]
        self._listen(StepDone(*place, objective, self._share(octave, step), picture))

    def tile_done(self, octave: int, tile: int, tiles: int) -> None:
        """Tile number `tile`, from 1, of the step that comes next is done."""
        place = octave + 1, len(self._sizes), self._done + 1, self._steps[octave]
        self._listen(TileDone(*place, tile, tiles, self._share(octave, self._done + tile / tiles)))

    def _share(self, octave: int, step: float) -> float:
        """The share of the whole dream that is done after so many steps of an octave."""
        height, width = self._sizes[octave]
        return (sum(self._work[:octave]) + step * height * width) / self.work
