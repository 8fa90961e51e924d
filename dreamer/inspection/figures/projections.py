"""Activations projected back to a photo, as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from dreamer.drawing.color_scales import heat_scale
from dreamer.drawing.mosaics import mosaic
from dreamer.drawing.sheets import GAP, SheetTile, contact_sheet, stacked, with_bar
from dreamer.drawing.style import MARK, fit_image
from dreamer.inspection.activations import FeatureMap
from dreamer.inspection.deconvolution import Projection
from dreamer.inspection.heatmaps import PIXEL_SHARE, heat_tile, signed_tile, to_image
from dreamer.inspection.photos import Photo
from dreamer.inspection.tracing import KernelTrace

_WIDTH = 1344
# Widths in px that a map of the grid may have: the first that leaves it no higher than this.
_MAP_WIDTHS, _GRID_HEIGHT, _GRID_GAP = (96, 72, 56, 40, 28, 20, 10, 6), 480, 2
_SMALLEST_FRAME = 3  # px from the middle of a cell to its frame


def draw_projections(
    wholes: Sequence[Projection],
    cells: Sequence[Projection],
    maps: Sequence[FeatureMap],
    photo: Photo,
    network: str,
) -> Image.Image:
    """The maps of a layer by index, and of each chosen one: the map, its projection, that of one cell, and its patch.

    `wholes`: projections of whole maps. `cells`: of single activations of the same kernels, or none, which leaves
    them out. `maps`: all maps of the layer, in the order of their kernels.
    """
    signed = any(bool((feature_map.activation < 0).any()) for feature_map in maps)
    tiles: list[SheetTile] = []
    for whole, cell in zip_longest(wholes, cells):
        tiles.append(_framed_map(maps[whole.kernel], cell, signed=signed))
        tiles += _projected_tiles(whole, cell, photo)
    columns = len(tiles) // len(wholes) * min(len(wholes), 2)
    chosen = [whole.kernel for whole in wholes]
    title = f"{network}, {wholes[0].layer} on {photo.name}"
    rows = contact_sheet(tiles, columns=columns, side=_WIDTH // columns - GAP, title="Deconvnet")
    return stacked([_map_grid(maps, chosen, f"{title}: all {len(maps)} maps"), rows])


def _map_grid(maps: Sequence[FeatureMap], chosen: Sequence[int], title: str) -> Image.Image:
    """Maps by index on one scale, the chosen ones in a frame."""
    numbers = torch.stack([feature_map.activation for feature_map in maps])
    scale = heat_scale(numbers.numpy(), share=PIXEL_SHARE, caption="activation")
    height, width = numbers.shape[1:]
    for wide in _MAP_WIDTHS:
        high, columns = max(1, round(wide * height / width)), _WIDTH // (wide + _GRID_GAP)
        if math.ceil(len(maps) / columns) * (high + _GRID_GAP) <= _GRID_HEIGHT:
            break
    mode = "area" if wide < width else "nearest-exact"
    numbers = F.interpolate(numbers[:, None], size=(high, wide), mode=mode)[:, 0]
    grid = mosaic(scale.colors(numbers.numpy()), columns=columns, gap=_GRID_GAP, marked=chosen)
    return with_bar(contact_sheet([SheetTile(grid)], side=max(grid.size), title=title, smooth=False), scale)


def _projected_tiles(whole: Projection, cell: Projection | None, photo: Photo) -> list[SheetTile]:
    """The projection of a map, that of a cell where it is given, and the part of the photo that this one is from."""
    shown = cell or whole
    top, left, bottom, right = shown.box if shown.box[2] else (0, 0, *photo.size)
    part = (slice(None), slice(top, bottom), slice(left, right))
    tiles = [signed_tile(whole.picture, "the whole map, projected")]
    if cell is not None and cell.cell is not None:
        row, column = cell.cell
        label = f"the cell at {row}, {column}, projected\nactivation {cell.strength:.3g}"
        tiles.append(signed_tile(cell.picture[part], label))
    tiles.append(SheetTile(to_image(photo.pixels[0][part]), f"its patch, {right - left} x {bottom - top} px"))
    return tiles


def _framed_map(feature_map: FeatureMap, cell: Projection | None, *, signed: bool) -> SheetTile:
    """A map, enlarged, with a frame around the cell that was projected."""
    label = f"{feature_map.layer} {feature_map.kernel}\npeak {feature_map.peak:.3g}"
    tile = heat_tile(feature_map.activation, label, signed=signed)
    image = fit_image(tile.image, _WIDTH // 4, smooth=False)
    if cell is not None and cell.cell is not None:
        size = image.width / feature_map.activation.shape[1]
        y, x = ((place + 0.5) * size for place in cell.cell)
        half = max(size / 2, _SMALLEST_FRAME)
        ImageDraw.Draw(image).rectangle((x - half, y - half, x + half, y + half), outline=MARK, width=4)
    return SheetTile(image, label, tile.scale)


def draw_traces(traces: Sequence[KernelTrace], photo: Photo, network: str) -> Image.Image:
    """A row for each trace: heat map, box and silhouette."""
    pixels = photo.pixels[0].cpu()
    tiles: list[SheetTile] = []
    for trace in traces:
        top, left, bottom, right = trace.box
        boxed = to_image(pixels)
        ImageDraw.Draw(boxed).rectangle((left, top, right - 1, bottom - 1), outline=MARK, width=2)
        tiles += [
            heat_tile(trace.heat, f"{trace.layer} {trace.kernel}\nshare of the hottest pixel", photo=pixels),
            SheetTile(boxed, f"box {left}, {top} to {right}, {bottom}"),
            SheetTile(to_image(pixels * (0.12 + 0.88 * trace.mask)), "silhouette"),
        ]
    title = f"{network}, {traces[0].layer} on {photo.name}: traced back"
    return contact_sheet(tiles, columns=3, side=280, title=title)


def draw_silhouette(trace: KernelTrace, size: tuple[int, int]) -> Image.Image:
    """A trace's silhouette as a gray picture of (width, height), for a preset's `canvas.mask.picture`."""
    return to_image(trace.mask.expand(3, -1, -1)).convert("L").resize(size)
