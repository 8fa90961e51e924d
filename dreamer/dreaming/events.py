"""Events that the engine reports while it dreams. Subscribers get these values; the engine itself never prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

__all__ = ["DreamEvent", "Listener", "OctaveStarted", "StepDone", "TileHalved"]


@dataclass(frozen=True)
class OctaveStarted:
    """An octave begins. `octave` counts from 1; sizes in px; `tile` is a tile's side, None where there are none."""

    octave: int
    octaves: int
    height: int
    width: int
    steps: int
    tile: int | None


@dataclass(frozen=True)
class StepDone:
    """A gradient step is done. `objective`: (B,) weighted score before the step, on the device.

    Reading it copies it to the host, so a subscriber should read only those that it shows.
    `work` is the share of the whole dream that is done, in pixels times steps.
    """

    octave: int
    octaves: int
    step: int
    steps: int
    height: int
    width: int
    objective: Tensor
    work: float


@dataclass(frozen=True)
class TileHalved:
    """The device ran out of memory; the same step is taken again with tiles of `tile` px."""

    tile: int


DreamEvent = OctaveStarted | StepDone | TileHalved
Listener = Callable[[DreamEvent], None]


def ignore(event: DreamEvent) -> None:
    """Listen to nothing."""
