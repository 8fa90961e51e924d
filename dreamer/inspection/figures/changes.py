"""A photo beside what was made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageDraw
from torch import Tensor

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.attacks import Attack
from dreamer.inspection.cue_conflict import CueConflict
from dreamer.inspection.heatmaps import signed_tile, to_image
from dreamer.inspection.inversion import Inversion
from dreamer.inspection.photos import Photo
from dreamer.inspection.scoring import ClassProbability

# Of a change of fewer pixels each gets a ring.
_FEW = 0.01


def draw_attacks(
    attacks: Sequence[Attack],
    photo: Photo,
    before: Sequence[ClassProbability],
    after: Sequence[Sequence[ClassProbability]],
    network: str,
) -> Image.Image:
    """A row for each attack: the photo, the change, magnified, the photo with it, and with a random one of its size.

    `before`: classes of the photo; `after`: by turns of what an attack made and of its random control.
    """
    tiles = []
    for number, attack in enumerate(attacks):
        example, control = attack.example, attack.control
        change = signed_tile(
            example.picture[0] - photo.pixels[0],
            f"{attack.method}: the change, magnified\nlargest {example.size * 255:.2f} of 255, L2 {example.l2:.3f}",
            unit=1 / 255,
            caption="of 255, in each color",
        )
        does = "with it" if example.succeeded else "with it, in vain"
        chance = f"with a random one: {control.reached} of {control.draws} fool"
        tiles += [
            SheetTile(photo.image(), f"{photo.name}\n{_listed(before)}"),
            change if example.pixels > _FEW else replace(change, image=_ringed(change.image, photo, example.picture)),
            SheetTile(to_image(example.picture[0]), f"{does}\n{_listed(after[2 * number])}"),
            SheetTile(to_image(control.picture[0]), f"{chance}\n{_listed(after[2 * number + 1])}"),
        ]
    return contact_sheet(tiles, columns=4, side=260, title=f"{network}: what fools it")


def _ringed(image: Image.Image, photo: Photo, picture: Tensor) -> Image.Image:
    """A picture of a change of few pixels with a ring around each, or they would not be found."""
    ringed, radius = image.copy(), max(image.size) / 24
    for y, x in (picture - photo.pixels)[0].abs().amax(0).nonzero().tolist():
        ImageDraw.Draw(ringed).ellipse((x - radius, y - radius, x + radius, y + radius), outline="#d55e00", width=2)
    return ringed


def draw_cue_conflicts(
    conflicts: Sequence[CueConflict],
    photo: Photo,
    style: Photo,
    classes: Sequence[Sequence[ClassProbability]],
    network: str,
) -> Image.Image:
    """The photo, the style and the photo with the style's texture at every strength, each with its `classes`."""
    images = (photo.image(), style.image(), *(to_image(conflict.restyled[0]) for conflict in conflicts))
    names = (photo.name, "the texture", *(f"the photo with it, strength {each.strength:g}" for each in conflicts))
    tiles = [
        SheetTile(image, f"{name}\n{_listed(best)}") for image, name, best in zip(images, names, classes, strict=True)
    ]
    return contact_sheet(tiles, columns=len(tiles), side=240, title=f"{network}: shape or texture?")


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
