"""What a class rests on in a photo, as pictures over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image
from torch import Tensor

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.attribution import saliency_map
from dreamer.inspection.heatmaps import overlaid, smoothed, to_image, unit_range
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

    def over_photo(attribution: Tensor) -> Image.Image:
        heat = unit_range(smoothed(saliency_map(attribution), 1.2))
        return to_image(overlaid(photo.pixels[0], heat))

    tiles = [SheetTile(photo.image(), photo.name)]
    tiles += [SheetTile(over_photo(attribution), method) for method, attribution in learned.maps.items()]
    tiles += [
        SheetTile(over_photo(check.attribution), f"{method}, random weights\nrank correlation {check.correlation}")
        for method, check in (checks or {}).items()
    ]
    return contact_sheet(tiles, side=side, title=f"{network}: {target}")


def draw_occlusions(occlusions: Sequence[Occlusion], photo: Photo, network: str, class_name: str) -> Image.Image:
    """The photo, and for each square the map of where the probability falls."""
    tiles = [SheetTile(photo.image(), f"{photo.name}\n{class_name} {occlusions[0].probability:.1%}")]
    for occlusion in occlusions:
        label = f"square {occlusion.size}, stride {occlusion.stride}\ndeepest fall {occlusion.deepest:.1%}"
        tiles.append(SheetTile(to_image(overlaid(photo.pixels[0].cpu(), unit_range(occlusion.heat))), label))
    return contact_sheet(tiles, side=256, title=f"{network}: what {class_name} cannot do without")
