"""Positions of a layer's grid: where a unit, or a region of units, lies in a window of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dreamer.dreaming.bound_targets import Window
from dreamer.errors import TargetError
from dreamer.presets.model.schema import Region


@dataclass(frozen=True)
class GridPart:
    """Positions of a layer's grid in a window, and what their mean is weighted by.

    The weight makes a unit count the same in a tile of any size, where scores are weighted by the tile's cells, as
    suits means; and a region as much in several tiles as in one.
    """

    rows: slice | list[int]
    columns: slice | list[int]
    weight: float


def unit_part(share: tuple[float, float], window: Window, rows: int, columns: int) -> GridPart | None:
    """The cell of a unit at (y, x) in shares of the whole picture; None where it is outside the window.

    `rows`, `columns`: of the layer's grid in the window.
    """
    row, row_stride = unit_cell(share[0], window.top, window.height, window.whole_height, rows)
    column, column_stride = unit_cell(share[1], window.left, window.width, window.whole_width, columns)
    if row is None or column is None:
        return None
    cells = window.whole_height * window.whole_width / (row_stride * column_stride)
    return GridPart(slice(row, row + 1), slice(column, column + 1), cells / (rows * columns))


def region_part(region: Region, window: Window, rows: int, columns: int) -> GridPart | None:
    """The cells of a region, given by its corners in cells of the whole picture's grid; None where none is inside.

    Raises TargetError where a corner lies beyond the whole picture's grid.
    """
    (top, left), (bottom, right) = region
    down, row_stride = region_cells(top, bottom, window.top, window.height, window.whole_height, rows)
    across, column_stride = region_cells(left, right, window.left, window.width, window.whole_width, columns)
    if not down or not across:
        return None
    cells = window.whole_height * window.whole_width / (row_stride * column_stride)
    share = len(down) * len(across) / ((bottom - top + 1) * (right - left + 1))
    return GridPart(_indices(down), _indices(across), share * cells / (rows * columns))


def _indices(cells: list[int]) -> slice | list[int]:
    """Cells in order as an index, which is quick where none lies between them."""
    return slice(cells[0], cells[-1] + 1) if cells[-1] - cells[0] == len(cells) - 1 else cells


def unit_cell(share: float, first: int, side: int, whole: int, cells: int) -> tuple[int | None, int]:
    """Where a unit lies on one axis of a layer: its cell in a window, None where it is outside, and px for each cell.

    `share`: its place in the whole picture of `whole` px; the window has `side` px from `first` on, and `cells`.
    """
    stride = _stride(side, cells)
    # Windows begin at multiples of the stride, so the middle of a cell is the same in the whole picture and in each.
    middle = (min(share * whole, whole - 1) // stride + 0.5) * stride
    # A network without padding has fewer cells than strides; half of the missing ones lie before the first.
    missing = (side / stride - cells) / 2
    behind = middle - first
    if first < 0 or first + side > whole:  # a window over the edge goes on at the other side
        behind %= whole
    cell = math.floor(behind / stride - missing)
    if first == 0:
        cell = max(cell, 0)
    if first + side == whole:
        cell = min(cell, cells - 1)
    return (cell if 0 <= cell < cells else None), stride


def region_cells(low: int, high: int, first: int, side: int, whole: int, cells: int) -> tuple[list[int], int]:
    """The cells of a window on one axis that are `low` to `high` of the whole picture's, and px for each cell.

    The window is as for `unit_cell`. Raises TargetError where the whole picture has no cell `high`.
    """
    stride = _stride(side, cells)
    known = cells + round((whole - side) / stride)
    if high >= known:
        raise TargetError(
            f"unit reaches to cell {high}, but at {whole} px the layer has {known}, numbered 0 to {known - 1}",
            remedy="Take a larger canvas, fewer octaves, or cells nearer to the first; "
            "octaves = [first, last] leaves the small octaves out.",
        )
    begin = first // stride
    # Cells beyond the edge of the whole picture are those of its other side.
    return [cell for cell in range(cells) if low <= (begin + cell) % known <= high], stride


def _stride(side: int, cells: int) -> int:
    stride: int = 2 ** round(math.log2(side / cells))
    return stride
