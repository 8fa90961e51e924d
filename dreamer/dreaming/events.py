"""Events that the engine reports while it dreams. Subscribers get these values; the engine itself never prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

__all__ = ["DreamEvent", "DreamWarning", "Listener", "OctaveStarted", "StepDone", "TileDone", "TileHalved", "Warned"]


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
    `work` is the share of the whole dream that is done, in pixels times steps. `picture`: what is dreamt so far,
    (B, 3, H, W) in [0, 1] on the device, to be used at once: the next step writes over it.
    """

    octave: int
    octaves: int
    step: int
    steps: int
    height: int
    width: int
    objective: Tensor
    work: float
    picture: Tensor | None = None


@dataclass(frozen=True)
class TileDone:
    """The gradient of a tile is computed, the `tile`-th of `tiles`, both from 1, of a step that is not done yet.

    `work`: as of StepDone.
    """

    octave: int
    octaves: int
    step: int
    steps: int
    tile: int
    tiles: int
    work: float


@dataclass(frozen=True)
class TileHalved:
    """The device ran out of memory; the same step is taken again with tiles of `tile` px."""

    tile: int


@dataclass(frozen=True)
class DreamWarning:
    """Why a dream that did not fail is hardly what was wanted.

    `kind`: a name that stays, for programs, such as "nearly_gray". `message`: for people, with what may help.
    """

    kind: str
    message: str


@dataclass(frozen=True)
class Warned:
    """There is a warning about some pictures of the batch; `pictures` are their numbers, from 0."""

    warning: DreamWarning
    pictures: tuple[int, ...]


DreamEvent = OctaveStarted | StepDone | TileDone | TileHalved | Warned
Listener = Callable[[DreamEvent], None]


def ignore(event: DreamEvent) -> None:
    """Listen to nothing."""


class WarningsHeard:
    """A listener that keeps the warnings, one of each kind for a picture, and passes every event on to `listen`."""

    def __init__(self, listen: Listener = ignore) -> None:
        self._listen = listen
        self._warnings: dict[tuple[int, str], DreamWarning] = {}

    def __call__(self, event: DreamEvent) -> None:
        """Hear an event."""
        if isinstance(event, Warned):
            for picture in event.pictures:
                self._warnings.setdefault((picture, event.warning.kind), event.warning)
        self._listen(event)

    def about(self, picture: int) -> tuple[DreamWarning, ...]:
        """The warnings about one picture of the batch, the first one first."""
        return tuple(warning for (number, _), warning in self._warnings.items() if number == picture)
