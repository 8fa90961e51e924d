"""Tiles: a picture cut up for a network that cannot take it whole. Only gradients are tiled, never the picture."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from types import EllipsisType

from dreamer.presets.model.canvas import FLAT, Wraps

SMALLEST_TILE = 64
# Share of a tile's side over which the grid is free to move, and the most px where crops are snug.
PLAY, SNUG_PLAY = 0.25, 64


Slices = tuple[EllipsisType, slice, slice]
Span = tuple[int, int, int, int]


@dataclass(frozen=True)
class Tile:
    """A crop of the picture, in px, and the part of it, in the picture's px, whose gradient counts.

    Where the picture wraps, a crop may reach over its edges.
    """

    top: int
    left: int
    height: int
    width: int
    inner_top: int
    inner_left: int
    inner_bottom: int
    inner_right: int

    def inner_slices(self) -> tuple[Slices, Slices]:
        """The inner part as indices into the whole picture, and into the crop."""
        rows, columns = slice(self.inner_top, self.inner_bottom), slice(self.inner_left, self.inner_right)
        local_rows = slice(self.inner_top - self.top, self.inner_bottom - self.top)
        local_columns = slice(self.inner_left - self.left, self.inner_right - self.left)
        return (..., rows, columns), (..., local_rows, local_columns)


def cut_tiles(
    size: tuple[int, int],
    side: int,
    halo: int,
    stride: int,
    shift: tuple[int, int],
    *,
    snug: int = 0,
    wraps: Wraps = FLAT,
) -> list[Tile]:
    """Tiles of at most `side` px that cover a picture of (height, width), the grid moved by `shift` (rows, columns).

    There are as few as leave the grid some play. Crops are equally large but for the last ones, lie inside the picture
    or, on axes that wrap, reach over its edges, and begin at multiples of `stride`, so that the network's grid falls on
    the same pixels as in the whole picture. The inner parts cover every pixel once. `snug`: the shortest side that the
    network takes, where crops are to be no larger than the halo asks for.
    """
    spans = functools.partial(_snug_spans, smallest=snug) if snug else _spans
    rows, columns = (
        (_spans_around if wrap else spans)(length, side, halo, stride, moved)
        for length, moved, wrap in zip(size, shift, wraps, strict=True)
    )
    return [
        Tile(top, left, height, width, inner_top, inner_left, inner_bottom, inner_right)
        for top, height, inner_top, inner_bottom in rows
        for left, width, inner_left, inner_right in columns
    ]


def _spans(length: int, side: int, halo: int, stride: int, shift: int) -> list[Span]:
    """(first, extent, inner first, inner end) of each tile along one axis."""
    side, edges = _grid(length, side, PLAY * side, shift)
    # One stride more than needed leaves room to begin at a multiple of the stride.
    extent = math.ceil((side + 2 * halo) / stride) * stride + stride
    if extent >= length:
        return [(0, length, 0, length)]
    return _between(edges, length, extent, halo, stride)


def _spans_around(length: int, side: int, halo: int, stride: int, shift: int) -> list[Span]:
    side, edges = _grid(length, side, PLAY * side, shift)
    extent = math.ceil((side + 2 * halo) / stride) * stride + stride
    if extent >= length:
        return [(0, length, 0, length)]
    return [((begin - halo) // stride * stride, extent, begin, end) for begin, end in itertools.pairwise(edges)]


def _snug_spans(length: int, side: int, halo: int, stride: int, shift: int, *, smallest: int) -> list[Span]:
    play = min(int(PLAY * side), SNUG_PLAY)
    # The outer tiles have a halo on one side only, and all may begin up to a stride before their halo.
    lost = 2 * halo + stride
    count = max(1, math.ceil((length + play - lost) / side))
    extent = max(math.ceil((length + play + (count - 1) * lost) / count), smallest)
    extent = math.ceil(extent / stride) * stride
    if extent >= length:
        return [(0, length, 0, length)]
    edges = [0, extent - halo - shift % (play + 1)]
    while edges[-1] < length - extent + halo:  # the last tile does not reach so far back
        edges.append(edges[-1] + extent - lost)
    edges.append(length)
    return _between(edges, length, extent, halo, stride)


def _between(edges: list[int], length: int, extent: int, halo: int, stride: int) -> list[Span]:
    """Tiles of one extent that meet at `edges` and begin at multiples of the stride; the last reaches the border."""
    last = (length - extent) // stride * stride
    spans = []
    for begin, end in itertools.pairwise(edges):
        first = min(max(0, begin - halo) // stride * stride, last)
        spans.append((first, length - first if first == last else extent, begin, end))
    return spans


def _grid(length: int, side: int, play: float, shift: int) -> tuple[int, list[int]]:
    """The side of equally large tiles, as few as cover a length and the play, and where they meet, borders included."""
    count = math.ceil((length + play) / side)
    side = math.ceil((length + play) / count)
    room = count * side - length
    return side, [0, *range(side - shift % (room + 1), length, side), length]
