"""The `[octaves]` table: the pyramid of sizes."""

from __future__ import annotations

import itertools
from typing import Annotated

from annotated_types import Unit
from pydantic import Field, model_validator

from dreamer.presets.model.canvas import Side
from dreamer.presets.model.fields import CONTRADICTION, Table, described, mistake
from dreamer.presets.model.schedules import at_octave


class Octaves(Table):
    """The pyramid of sizes, smallest first. Detail found at one octave is carried to the next."""

    count: int = described(4, "number of octaves", ge=1, le=20)
    scale: float = described(1.4, "ratio of the sides of neighboring octaves", gt=1, le=4)
    sizes: Annotated[tuple[Side, ...] | None, Unit("px")] = described(
        None,
        "longest side of each octave in place of count and scale, such as [224, 269, 323, 323]; where canvas.size is "
        "given, in proportion to it",
        min_length=1,
        max_length=20,
    )
    steps: Annotated[int, Field(ge=1, le=10000)] | tuple[Annotated[int, Field(ge=0, le=10000)], ...] = described(
        10, "gradient steps an octave; a list gives each its own, the smallest octave first"
    )
    sharpen: float = described(
        0.0,
        "how much the dream is sharpened from each octave to the next: the amount of an unsharp mask that is as wide "
        "as a pixel of the smaller octave",
        ge=0,
        le=10,
    )
    output_scale: float = described(1.0, "side of the output for each px of the canvas' size", gt=0, le=16)

    @model_validator(mode="after")
    def _one_for_each(self) -> Octaves:
        if self.sizes is not None and "count" not in self.model_fields_set:
            object.__setattr__(self, "count", len(self.sizes))  # frozen from here on
        for key in ("sizes", "steps"):
            refuse_other_length(getattr(self, key), self.count, key)
        if self.sizes is not None and any(after < before for before, after in itertools.pairwise(self.sizes)):
            raise mistake(CONTRADICTION, "go from the smallest to the largest; neighbors may be equal", "sizes")
        return self

    def steps_at(self, octave: int) -> int:
        """Steps of octave number `octave`, counted from 0, the smallest."""
        return at_octave(self.steps, octave)

    @property
    def shares(self) -> tuple[float, ...]:
        """The side of each octave as a share of the last one's, the smallest first."""
        if self.sizes is not None:
            return tuple(side / self.sizes[-1] for side in self.sizes)
        return tuple(self.scale ** (number + 1 - self.count) for number in range(self.count))


def refuse_other_length(value: object, count: int, *path: str) -> None:
    """Raise the mistake at `path` where `value` is a list, but not one of an item for each of `count` octaves."""
    if isinstance(value, tuple) and len(value) != count:
        raise mistake(CONTRADICTION, f"lists {len(value)} values for octaves.count = {count}", *path)
