"""How much work a job is, before it is done. Imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dreamer.dreaming.octaves import octave_sizes, output_size
from dreamer.film.codecs import is_film
from dreamer.pictures.open import picture_size
from dreamer.presets.model.schema import Preset

if TYPE_CHECKING:
    from dreamer.pictures import Picture


def megapixel_steps(preset: Preset, size: tuple[int, int] | None, *, film: bool) -> float:
    """Megapixels that all steps of a job see together: what its time is in proportion to. `size`: (height, width)."""
    sizes = octave_sizes(output_size(preset, size), preset.octaves, 1)
    still = sum(h * w * preset.octaves.steps_at(octave) for octave, (h, w) in enumerate(sizes)) / 1e6
    return still * preset.animation.frame_count if film and preset.animation is not None else still


def source_size(source: Path | Picture | None) -> tuple[int, int] | None:
    """(height, width) in px of a job's photo; None where it has none, or a film. Raises PictureError."""
    if source is None:
        return None
    if isinstance(source, Path):
        return None if is_film(source) else picture_size(source)
    return source.pixels.shape[1], source.pixels.shape[2]
