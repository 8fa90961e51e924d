"""Sizes of the canvas and of its octaves."""

from __future__ import annotations

from dreamer.errors import PresetError
from dreamer.presets.model.octaves import Octaves
from dreamer.presets.model.schema import Preset

DEFAULT_SIDE = 512


def canvas_size(preset: Preset, photo: tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) in px of the canvas for a photo of (height, width), or without one."""
    size = preset.canvas.size
    if isinstance(size, tuple):
        width, height = size
        return height, width
    height, width = photo or (DEFAULT_SIDE, DEFAULT_SIDE)
    if size is None and preset.octaves.sizes is not None:
        size = preset.octaves.sizes[-1]
    if size is None:
        return height, width
    factor = size / max(height, width)
    return max(1, round(height * factor)), max(1, round(width * factor))


def output_size(preset: Preset, photo: tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) in px of what is dreamt for a photo of (height, width), or without one."""
    height, width = canvas_size(preset, photo)
    scale = preset.octaves.output_scale
    return max(1, round(height * scale)), max(1, round(width * scale))


def octave_sizes(output: tuple[int, int], octaves: Octaves, smallest: int) -> list[tuple[int, int]]:
    """(height, width) of each octave, the smallest first, for an output of (height, width): the last.

    An octave whose shorter side would be below `smallest` px (what the network can take) is enlarged to that, in
    proportion. Raises PresetError where the output itself is smaller.
    """
    height, width = output
    if min(height, width) < smallest:
        raise PresetError(
            [f"a picture of {width} x {height} px is too small: the network takes at least {smallest} px a side"],
            remedy="Raise canvas.size or octaves.output_scale, or choose a shallower layer.",
        )
    sizes = []
    for share in octaves.shares:
        factor = max(share, smallest / min(height, width))
        sizes.append((max(smallest, round(height * factor)), max(smallest, round(width * factor))))
    return sizes
