"""Sizes of the canvas and of its octaves."""

from __future__ import annotations

from dreamer.errors import PresetError
from dreamer.presets.model.schema import Canvas, Octaves

DEFAULT_SIDE = 512


def canvas_size(canvas: Canvas, photo: tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) in px of the canvas for a photo of (height, width), or without one."""
    if isinstance(canvas.size, tuple):
        width, height = canvas.size
        return height, width
    height, width = photo or (DEFAULT_SIDE, DEFAULT_SIDE)
    if canvas.size is None:
        return height, width
    factor = canvas.size / max(height, width)
    return max(1, round(height * factor)), max(1, round(width * factor))


def octave_sizes(size: tuple[int, int], octaves: Octaves, smallest: int) -> list[tuple[int, int]]:
    """(height, width) of each octave, the smallest first; the last is the output's size.

    An octave whose shorter side would be below `smallest` px (what the network can take) is enlarged to that, in
    proportion. Raises PresetError where the output itself is smaller.
    """
    height, width = (max(1, round(side * octaves.output_scale)) for side in size)
    if min(height, width) < smallest:
        raise PresetError(
            [f"a picture of {width} x {height} px is too small: the network takes at least {smallest} px a side"],
            remedy="Raise canvas.size or octaves.output_scale, or choose a shallower layer.",
        )
    sizes = []
    for number in range(octaves.count):
        factor = octaves.scale ** (number + 1 - octaves.count)
        factor = max(factor, smallest / min(height, width))
        sizes.append((max(smallest, round(height * factor)), max(smallest, round(width * factor))))
    return sizes
