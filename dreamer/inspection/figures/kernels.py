"""The kernels of a layer as pictures."""

from __future__ import annotations

from PIL import Image

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.heatmaps import to_image
from dreamer.inspection.kernels import Kernels, scaled_weights


def draw_kernels(kernels: Kernels, network: str, *, channels: int = 16) -> Image.Image:
    """Kernels over colors, or templates, as pictures; others as rows of slices, one for each of `channels` inputs."""
    title = f"{network}, {kernels.layer}: {kernels.shape}"
    if kernels.expanded:
        tiles = [SheetTile(to_image(template), str(number)) for number, template in enumerate(kernels.weights)]
        return contact_sheet(tiles, side=96, title=title, smooth=False)
    weights = scaled_weights(kernels.weights)
    if weights.shape[1] == 3:
        tiles = [SheetTile(to_image(kernel), str(number)) for number, kernel in enumerate(weights)]
        return contact_sheet(tiles, side=72, title=title, smooth=False)
    tiles = [
        SheetTile(to_image(kernel[channel].expand(3, -1, -1)), f"{number} < {channel}")
        for number, kernel in enumerate(weights)
        for channel in range(min(channels, weights.shape[1]))
    ]
    columns = min(channels, weights.shape[1])
    return contact_sheet(tiles, columns=columns, side=44, title=title, smooth=False)
