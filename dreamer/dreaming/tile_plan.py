"""How an octave goes through the network: whole or in tiles, by the memory that there is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dreamer.dreaming.passes import Objective
from dreamer.dreaming.tiles import SMALLEST_TILE
from dreamer.presets.model.schema import Preset, Tiles

# Share of the free memory that one pass may take, and all that is as large as the picture together with it.
MEMORY_SHARE, WHOLE_SHARE = 0.5, 0.9
# A larger picture, in px, is in tiles wherever it is computed by a processor, which gains nothing from going whole.
LARGE = 1 << 24
# Larger tiles have hardly less halo.
SNUG_SIDE = 2304
# What a backward pass on the processor takes at most of what is known of each px: values go as soon as they are used.
SNUG_SHARE = 0.9


@dataclass(frozen=True)
class TilePlan:
    """`side`: of a tile in px, None where the picture goes through whole. `snug`: as for `cut_tiles`."""

    side: int | None
    snug: bool


@dataclass(frozen=True)
class Room:
    """`free`: bytes that may be taken. `held`: those that the picture itself takes beside a pass. `per_pixel`: those of
    a pass for each px. `smallest`: shortest side that the network takes. `devices`: how many share the tiles."""

    free: int
    held: int
    per_pixel: float
    smallest: int
    on_processor: bool
    devices: int


def plan_tiles(tiles: Tiles, size: tuple[int, int], room: Room) -> TilePlan:
    """The tiles of an octave of (height, width)."""
    left = int((WHOLE_SHARE * room.free - room.held) / MEMORY_SHARE)
    free = max(min(room.free, left), room.free // 8)
    side = automatic_tile(tiles, size, room.per_pixel, free, room.smallest)
    large = size[0] * size[1] > LARGE
    gains = (side is not None or large) if room.on_processor else (large and room.devices > 1)
    if tiles.size != "auto" or not gains:
        return TilePlan(side, snug=False)
    return TilePlan(_snug_tile(tiles, room.per_pixel, MEMORY_SHARE * free, room.smallest), snug=True)


def copies(preset: Preset, objective: Objective) -> int:
    """How many tensors as large as the picture are alive during a pass beside the photo."""
    ascent = preset.ascent
    canvas = 1 if preset.canvas.space == "pixels" else 4
    optimizer = 2 if ascent.optimizer == "adam" else 1 if ascent.momentum else 0
    view = 2 if ascent.transform.rotate or ascent.transform.scale else 0
    return canvas + len(objective.groups) + (objective.features > 0) + optimizer + view


def automatic_tile(
    tiles: Tiles, size: tuple[int, int], bytes_per_pixel: float, free_memory: int, smallest: int
) -> int | None:
    """Side of a tile in px for a picture of (height, width), or None where it goes through whole.

    `bytes_per_pixel`: memory that the network needs for each px of all pictures of the batch together.
    """
    if tiles.size == "off":
        return None
    if isinstance(tiles.size, int):
        side = max(tiles.size, smallest - 2 * tiles.halo)
        return side if side + 2 * tiles.halo < max(size) else None
    room = free_memory * MEMORY_SHARE / max(bytes_per_pixel, 1.0)
    if size[0] * size[1] <= room:
        return None
    side = int(math.sqrt(room)) - 2 * tiles.halo
    return max(SMALLEST_TILE, smallest - 2 * tiles.halo, side // 64 * 64)


def _snug_tile(tiles: Tiles, bytes_per_pixel: float, room: float, smallest: int) -> int:
    """Side of a tile in px for a large picture whose tiles are snug and may take `room` bytes."""
    side = int(math.sqrt(room / max(bytes_per_pixel * SNUG_SHARE, 1.0))) - 2 * tiles.halo
    return max(SMALLEST_TILE, smallest - 2 * tiles.halo, min(side, SNUG_SIDE) // 64 * 64)
