"""What a class rests on in a photo, as pictures over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from PIL import Image
from torch import Tensor

from dreamer.drawing.color_scales import heat_scale
from dreamer.drawing.sheets import SheetTile, contact_sheet, with_bar
from dreamer.inspection.attribution import saliency_map
from dreamer.inspection.heatmaps import PIXEL_SHARE, heat_image, heat_tile, smoothed
from dreamer.inspection.occlusion import Occlusion
from dreamer.inspection.photos import Photo
from dreamer.inspection.saliency import Attributions, SanityCheck


def draw_attributions(
    learned: Attributions,
    photo: Photo,
    network: str,
    target: str,
    *,
    checks: Mapping[str, SanityCheck] | None = None,
    side: int = 320,
) -> Image.Image:
    """The photo with the map of each method, then those of `checks` with random weights; each fitted into `side` px."""

    def over_photo(attribution: Tensor, label: str) -> SheetTile:
        return heat_tile(
            smoothed(saliency_map(attribution), 1.2), label, photo=photo.pixels[0], share=PIXEL_SHARE, signed=False
        )

    tiles = [SheetTile(photo.image(), photo.name)]
    tiles += [over_photo(attribution, method) for method, attribution in learned.maps.items()]
    tiles += [
        over_photo(check.attribution, f"{method}, random weights\nrank correlation {check.correlation}")
        for method, check in (checks or {}).items()
    ]
    return contact_sheet(tiles, side=side, title=f"{network}: {target}")


def draw_occlusions(occlusions: Sequence[Occlusion], photo: Photo, network: str, class_name: str) -> Image.Image:
    """The photo, and for each square the map of what helps the class and what hurts it; all share one color scale."""
    heats = [100 * occlusion.heat for occlusion in occlusions]
    caption = "points of probability that hiding takes away (red: it helps) or adds (blue: it hurts)"
    numbers = torch.cat([heat.flatten() for heat in heats]).numpy()
    scale = heat_scale(numbers, signed=True, caption=caption, over_photo=True)
    tiles = [SheetTile(photo.image(), f"{photo.name}\n{class_name} {occlusions[0].probability:.1%}")]
    for occlusion, heat in zip(occlusions, heats, strict=True):
        label = (
            f"square {occlusion.size}, stride {occlusion.stride}\n"
            f"falls by {100 * occlusion.deepest:.1f}, rises by {100 * occlusion.highest:.1f}"
        )
        tiles.append(SheetTile(heat_image(heat, scale, photo.pixels[0]), label))
    sheet = contact_sheet(tiles, side=256, title=f"{network}: what helps {class_name}, and what hurts it")
    return with_bar(sheet, scale)
