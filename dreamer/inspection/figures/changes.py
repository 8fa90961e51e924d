"""A photo beside what was made of it."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.fooling import AdversarialExample, CueConflict
from dreamer.inspection.heatmaps import signed_tile, to_image
from dreamer.inspection.inversion import Inversion
from dreamer.inspection.photos import Photo
from dreamer.inspection.scoring import ClassProbability


def draw_adversarial_example(
    example: AdversarialExample,
    photo: Photo,
    before: Sequence[ClassProbability],
    after: Sequence[ClassProbability],
    network: str,
) -> Image.Image:
    """The photo, the change, magnified, and the photo with it, with the classes before and after."""
    change = signed_tile(
        example.picture[0] - photo.pixels[0],
        f"the change, magnified\nlargest {example.size * 255:.1f} of 255",
        unit=1 / 255,
        caption="of 255, in each color",
    )
    tiles = [
        SheetTile(photo.image(), f"{photo.name}\n{_listed(before)}"),
        change,
        SheetTile(to_image(example.picture[0]), f"with it\n{_listed(after)}"),
    ]
    return contact_sheet(tiles, columns=3, side=300, title=f"{network}: fooled")


def draw_cue_conflict(
    conflict: CueConflict,
    photo: Photo,
    style: Photo,
    classes: Sequence[Sequence[ClassProbability]],
    network: str,
) -> Image.Image:
    """The photo, the style and the photo with the style's texture, each with its `classes`."""
    images = (photo.image(), style.image(), to_image(conflict.restyled[0]))
    names = (photo.name, "the texture", "the photo with it")
    tiles = [
        SheetTile(image, f"{name}\n{_listed(best)}") for image, name, best in zip(images, names, classes, strict=True)
    ]
    return contact_sheet(tiles, columns=3, side=300, title=f"{network}: fooled")


def draw_inversions(inversions: Sequence[Inversion], photo: Photo, network: str) -> Image.Image:
    """The photo and what each layer retains of it."""
    tiles = [SheetTile(photo.image(), photo.name)]
    tiles += [
        SheetTile(to_image(inversion.picture[0]), f"{inversion.layer}\nerror {inversion.error:.1%}")
        for inversion in inversions
    ]
    return contact_sheet(tiles, side=220, title=f"{network}: what layers still know of {photo.name}")


def _listed(classes: Sequence[ClassProbability]) -> str:
    return "\n".join(f"{entry.probability:.1%} {entry.name}" for entry in classes)
