"""Sizes of the canvas and of its octaves."""

from __future__ import annotations

import math

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


def dreamt_size(output: tuple[int, int], smallest: int, grid: tuple[int, int]) -> tuple[int, int]:
    """(height, width) in px of the last octave for an output of (height, width): at least `smallest` px a side (what
    the network can take), and the nearest multiples of `grid`."""
    height, width = (_on_grid(side, smallest, cell) for side, cell in zip(output, grid, strict=True))
    return height, width


def octave_sizes(
    last: tuple[int, int], octaves: Octaves, smallest: int, grid: tuple[int, int] = (1, 1)
) -> list[tuple[int, int]]:
    """(height, width) of each octave, the smallest first, where the last is of size (height, width).

    An octave whose shorter side would be below `smallest` px (what the network can take) is enlarged to that, in
    proportion. Sides are multiples of `grid`.
    """
    height, width = dreamt_size(last, smallest, grid)
    sizes = []
    for share in octaves.shares:
        factor = max(share, smallest / min(height, width))
        sizes.append(dreamt_size((round(height * factor), round(width * factor)), smallest, grid))
    return sizes


def _on_grid(side: int, smallest: int, cell: int) -> int:
    return max(math.ceil(smallest / cell), round(side / cell), 1) * cell
