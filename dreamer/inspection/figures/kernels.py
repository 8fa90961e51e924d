"""The kernels of a layer as pictures, in pages that fit a screen."""

from __future__ import annotations

import math

from PIL import Image

from dreamer.drawing.color_scales import ColorScale, heat_scale
from dreamer.drawing.mosaics import mosaic
from dreamer.drawing.sheets import SheetTile, contact_sheets, with_bar
from dreamer.inspection.heatmaps import PIXEL_SHARE, to_image
from dreamer.inspection.kernels import Kernels, scaled_weights

_TEMPLATE_SIDE, _COLOR_SIDE = 112, 72
# A mosaic of slices is about this large, in px, as long as a weight has its least and not more than its most.
_MOSAIC_SIDE, _LEAST_ZOOM, _MOST_ZOOM = 96, 3, 12


def draw_kernels(kernels: Kernels, network: str, *, channels: int = 16) -> list[Image.Image]:
    """Kernels over colors, or templates, as pictures; others as mosaics of the slices of their first `channels` inputs.

    The slices of all kernels share one diverging scale. As many pages as fit a screen each.
    """
    shape = " x ".join(map(str, kernels.shape))
    title = f"{network}, {kernels.layer}: {shape}"
    if kernels.expanded or kernels.weights.shape[1] == 3:
        side = _TEMPLATE_SIDE if kernels.expanded else _COLOR_SIDE
        return contact_sheets(_pictures(kernels), side=side, title=f"{title}, 0 is gray", smooth=False)
    inputs = kernels.weights.shape[1]
    shown = min(channels, inputs)
    scale = heat_scale(kernels.weights[:, :shown].numpy(), share=PIXEL_SHARE, signed=True, caption="weight")
    tiles = _mosaics(kernels, shown, scale)
    title = f"{title}, inputs 0 to {shown - 1} of {inputs}" if shown > 1 else f"{title}, input 0 of {inputs}"
    side = max(max(tile.image.size) for tile in tiles)
    return [with_bar(page, scale) for page in contact_sheets(tiles, side=side, title=title, smooth=False)]


def _pictures(kernels: Kernels) -> list[SheetTile]:
    """Kernels over colors, each with its largest magnitude; templates, which come scaled, with their numbers only."""
    if kernels.expanded:
        return [SheetTile(to_image(template), str(number)) for number, template in enumerate(kernels.weights)]
    return [
        SheetTile(to_image(picture), f"{number}\n±{float(kernel.abs().max()):.2g}")
        for number, (picture, kernel) in enumerate(zip(scaled_weights(kernels.weights), kernels.weights, strict=True))
    ]


def _mosaics(kernels: Kernels, shown: int, scale: ColorScale) -> list[SheetTile]:
    """A mosaic of each kernel's first slices, from left to right and top to bottom."""
    across = math.ceil(math.sqrt(shown)) * max(kernels.weights.shape[2:])
    zoom = min(max(_MOSAIC_SIDE // across, _LEAST_ZOOM), _MOST_ZOOM)
    return [
        SheetTile(mosaic(scale.colors(kernel[:shown].numpy()), zoom=zoom, gap=2), str(number))
        for number, kernel in enumerate(kernels.weights)
    ]
