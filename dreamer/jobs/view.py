"""What an output shows of a dream beside the dream itself: before and after, its growth, other seeds.

Each is a job of its own beside that of the still, so that it is planned, claimed and never written over as every
output. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dreamer.errors import UsageError
from dreamer.presets.adjust import with_options
from dreamer.presets.model.schema import Preset

if TYPE_CHECKING:
    from dreamer.jobs.job import Job

MOST_VARIANTS = 48


@dataclass(frozen=True)
class View:
    """`compare`: the photo beside the dream; `growth`: a film of how it came to be; `variants`: a sheet of `count`
    seeds, the preset's own and those after it, small.
    """

    kind: Literal["compare", "growth", "variants"]
    count: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.count}" if self.count else self.kind

    def path(self, still: Path) -> Path:
        """Where a picture of this kind goes, beside its still."""
        return still.with_name(f"{still.stem}-{self.kind}{still.suffix}")


def parse_view(text: str) -> View | None:
    """The view that a recipe names: "compare", "growth", "variants 6"; None for nothing."""
    kind, _, count = text.partition(" ")
    return View(kind, int(count or 0)) if kind else None  # type: ignore[arg-type]


@dataclass(frozen=True)
class Views:
    """The views that are asked for of every still; `growth`: where its film goes, filled in already."""

    compare: bool = False
    growth: Path | None = None
    variants: int | None = None

    def jobs(self, still: Job) -> Iterator[Job]:
        """The still's own job, or that of its variants, and those of its other views.

        Raises UsageError for views that a job cannot have.
        """
        if self == Views():
            yield still
            return
        if still.film is not None:
            raise UsageError(
                f"{still.preset_name} makes a film, and --compare, --growth and --variants show stills",
                remedy="Choose presets without [animation].",
            )
        if self.variants is not None:
            if self.compare or self.growth is not None:
                raise UsageError(
                    "--variants is for choosing; it goes with neither --compare nor --growth",
                    remedy="Choose a seed first, then show that one.",
                )
            yield _with_view(still, View("variants", self.variants))
            return
        yield still
        if self.compare:
            if still.source is None:
                raise UsageError(
                    "--compare shows the photo beside the dream, and there is none", remedy="Name a photo."
                )
            yield _with_view(still, View("compare"))
        if self.growth is not None:
            yield replace(still, output=self.growth, view=View("growth"))


def _with_view(still: Job, view: View) -> Job:
    return replace(still, output=None if still.output is None else view.path(still.output), view=view)


def variants_of(preset: Preset, count: int) -> list[Preset]:
    """The preset with `count` seeds, from its own on, each as its preview."""
    return [with_options(preset, seed=preset.seed + number, preview=True) for number in range(count)]
