"""What a command line asks of a preset: another size or seed, or a preview."""

from __future__ import annotations

import math

from dreamer.presets.schema import Preset


def previewed(preset: Preset) -> Preset:
    """The preset at no more than half the side, a quarter of the area, with the same look.

    Its largest octaves are left out, so that what is drawn is what the full render shows before its finest detail.
    Where there are too few octaves for that, the canvas itself is made smaller.
    """
    octaves = preset.octaves
    dropped = min(math.ceil(math.log(2) / math.log(octaves.scale) - 1e-9), octaves.count - 1)
    factor = min(octaves.scale**-dropped, 0.5 if dropped == 0 else 0.55)
    count = octaves.count - dropped
    steps = octaves.steps if isinstance(octaves.steps, int) else octaves.steps[:count]
    update = {"count": count, "steps": steps, "output_scale": octaves.output_scale * factor}
    targets = [target for target in preset.targets if target.octaves is None or target.octaves[0] <= count]
    return preset.model_copy(
        update={"octaves": octaves.model_copy(update=update), "targets": tuple(targets or preset.targets[:1])}
    )


def with_options(
    preset: Preset, *, size: int | tuple[int, int] | None = None, seed: int | None = None, preview: bool = False
) -> Preset:
    """The preset with the size, seed and preview that a command line asks for."""
    if size is not None:
        preset = preset.model_copy(update={"canvas": preset.canvas.model_copy(update={"size": size})})
    if seed is not None:
        preset = preset.model_copy(update={"seed": seed})
    return previewed(preset) if preview else preset
