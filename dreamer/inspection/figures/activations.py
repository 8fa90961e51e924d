"""Feature maps as pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.activations import FeatureMap
from dreamer.inspection.heatmaps import colored, overlaid, sized, to_image, unit_range
from dreamer.inspection.photos import Photo


def draw_feature_maps(
    maps: Sequence[FeatureMap], photo: Photo, network: str, *, columns: int = 8, overlay: bool = False
) -> Image.Image:
    """Each map with its mean and peak; `overlay`: over the photo."""
    height, width = photo.pixels.shape[-2:]
    tiles = []
    for feature_map in maps:
        heat = unit_range(feature_map.activation.clamp_min(0))
        picture = overlaid(photo.pixels[0].cpu(), sized(heat, height, width)) if overlay else colored(heat)
        label = f"{feature_map.layer} {feature_map.kernel}\nmean {feature_map.mean:.3g}, peak {feature_map.peak:.3g}"
        tiles.append(SheetTile(to_image(picture), label))
    return contact_sheet(tiles, columns=columns, side=160, title=f"{network} on {photo.name}", smooth=overlay)
