"""Feature maps as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import torch
import torch.nn.functional as F
from PIL import Image

from dreamer.drawing.sheets import GAP, PAGE, SheetTile, contact_sheet, stacked
from dreamer.inspection.activations import FeatureMap
from dreamer.inspection.heatmaps import heat_tile
from dreamer.inspection.photos import Photo

# The fewer maps, the larger they are: (up to so many, px).
_SIDES = ((1, 480), (4, 320), (9, 240), (60, 160), (160, 112))
_SMALLEST = 72
_LABELLED = 112  # px below which there is room for a number only


def draw_feature_maps(maps: Sequence[FeatureMap], photo: Photo, network: str, *, overlay: bool = False) -> Image.Image:
    """Each map with a color bar of its own, its mean and its peak, a sheet for each layer; `overlay`: over the photo.

    Layers with values below 0 are on a diverging scale. The fewer maps there are, the larger they are drawn. Units of a
    fully connected layer, which have no maps, are together the cells of one.
    """
    layers = [list(own) for _, own in groupby(maps, key=lambda feature_map: feature_map.layer)]
    side = next((side for most, side in _SIDES if len(maps) <= most), _SMALLEST)
    most = max(map(len, layers))
    rows = math.ceil(most / ((PAGE[0] - GAP) // (side + GAP)))
    columns = math.ceil(most / rows)
    return stacked(
        [
            _unit_sheet(own, photo, network)
            if len(own) > 1 and own[0].activation.numel() == 1
            else _layer_sheet(own, photo, network, side, columns, overlay)
            for own in layers
        ]
    )


def _layer_sheet(
    maps: Sequence[FeatureMap], photo: Photo, network: str, side: int, columns: int, overlay: bool
) -> Image.Image:
    signed = any(bool((feature_map.activation < 0).any()) for feature_map in maps)
    pixels = photo.pixels[0] if overlay else None
    tiles: list[SheetTile] = []
    for feature_map in maps:
        label = str(feature_map.kernel)
        if side >= _LABELLED:
            label = f"kernel {label}\nmean {feature_map.mean:.3g}, peak {feature_map.peak:.3g}"
        tiles.append(heat_tile(feature_map.activation, label, photo=pixels, signed=signed))
    title = f"{network}, {maps[0].layer} on {photo.name}"
    return contact_sheet(tiles, columns=columns, side=side, title=title, smooth=overlay)


def _unit_sheet(units: Sequence[FeatureMap], photo: Photo, network: str) -> Image.Image:
    """The units of a fully connected layer as the cells of one square, row by row in the order given."""
    values = torch.cat([unit.activation.flatten() for unit in units])
    side = math.ceil(len(values) ** 0.5)
    cells = F.pad(values, (0, side * side - len(values))).view(side, side)
    label = f"{len(values)} units, row by row\nmean {float(values.mean()):.3g}, peak {float(values.max()):.3g}"
    tile = heat_tile(cells, label, signed=bool((values < 0).any()))
    sharp = side * max(1, _SIDES[0][1] // side)
    return contact_sheet([tile], side=sharp, title=f"{network}, {units[0].layer} on {photo.name}", smooth=False)
