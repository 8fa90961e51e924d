"""How much work a job is, before it is done. Imports no torch."""

from __future__ import annotations

from dreamer.dreaming.octaves import canvas_size, octave_sizes
from dreamer.film.codecs import is_film
from dreamer.jobs.planning import Job
from dreamer.pictures.open import picture_size
from dreamer.presets.model.schema import Preset


def megapixel_steps(preset: Preset, size: tuple[int, int] | None) -> float:
    """Megapixels that all steps of a job see together: what its time is in proportion to. `size`: (height, width)."""
    sizes = octave_sizes(canvas_size(preset.canvas, size), preset.octaves, 1)
    still = sum(h * w * preset.octaves.steps_at(octave) for octave, (h, w) in enumerate(sizes)) / 1e6
    return still if preset.animation is None else still * preset.animation.frame_count


def source_size(job: Job) -> tuple[int, int] | None:
    """(height, width) in px of a job's photo; None where it has none, or a film. Raises PictureError."""
    return None if job.source is None or is_film(job.source) else picture_size(job.source)
