"""`dreamer inspect fool`: how brittle a network is, and whether it classifies by texture or by shape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    output_options,
    photo_argument,
    size_option,
)

if TYPE_CHECKING:
    from dreamer.inspection.fooling import AdversarialExample, CueConflict, Method
    from dreamer.inspection.photos import Photo
    from dreamer.networks import Network

LISTED = 3


@click.command()
@photo_argument
@network_options
@click.option("--class", "class_name", metavar="NAME", help="The class that the network is to predict.")
@click.option("--method", type=click.Choice(("pgd", "fgsm")), default="pgd", show_default=True,
              help="Many small steps, or one.")  # fmt: skip
@click.option("--texture", type=click.Path(path_type=Path), metavar="STYLE",
              help="In place of --class: classify the photo with the texture of STYLE.")  # fmt: skip
@size_option(224)
@output_options("outputs/inspect/fool.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    class_name: str | None,
    method: Method,
    texture: Path | None,
    size: int,
    out: Output,
) -> None:
    """Find the smallest change of PHOTO that makes the network predict a class; or give it another texture."""
    if (class_name is None) == (texture is None):
        raise click.UsageError("Give either --class NAME or --texture STYLE.")
    from dreamer.inspection.fooling import cue_conflict, fool
    from dreamer.inspection.photos import read_photo

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    if texture is not None:
        style = read_photo(texture, size=size, device=loaded.device)
        conflict = cue_conflict(loaded, picture.pixels, str(texture), style.pixels, size=size)
        _report_conflict(conflict, picture, style, loaded, network.name, out)
    elif class_name is not None:
        index = loaded.class_index(class_name)
        example = fool(loaded, picture.pixels, index, method=method)
        _report_example(example, index, picture, loaded, network.name, out)


def _report_example(
    example: AdversarialExample, index: int, photo: Photo, network: Network, name: str, out: Output
) -> None:
    from dreamer.inspection.figures import draw_adversarial_example
    from dreamer.inspection.scoring import probabilities, top_classes

    before, after = (top_classes(network, image, LISTED) for image in (photo.pixels, example.picture))
    wanted, predicted = network.classes[index], before[0].name
    facts = {
        "photo": photo.source,
        "network": name,
        "class_before": predicted,
        "class": wanted,
        "succeeded": example.succeeded,
        "largest_change": example.size,
        "l2": example.l2,
        "probability": float(probabilities(network, example.picture)[0, index]),
    }
    verdict = "predicts" if example.succeeded else "cannot be made to predict"
    line = (
        f"{network.name} {verdict} {wanted} after a change of at most {example.size * 255:.2f} of 255 "
        f"(L2 {example.l2:.3f}); before, it predicted {predicted}"
    )
    image = draw_adversarial_example(example, photo, before, after, name)
    out.report(facts, [line], image=image, arrays={"change": (example.picture - photo.pixels)[0].cpu().numpy()})


def _report_conflict(
    conflict: CueConflict, photo: Photo, style: Photo, network: Network, name: str, out: Output
) -> None:
    from dreamer.inspection.figures import draw_cue_conflict
    from dreamer.inspection.scoring import top_classes

    shape, texture, predicted = (
        network.classes[index] for index in (conflict.shape_class, conflict.texture_class, conflict.predicted_class)
    )
    facts = {
        "photo": photo.source,
        "network": name,
        "class_before": shape,
        "texture_class": texture,
        "shape_probability": conflict.shape_probability,
        "texture_probability": conflict.texture_probability,
        "class_after": predicted,
    }
    line = (
        f"shape ({shape}) {conflict.shape_probability:.1%}, texture ({texture}) {conflict.texture_probability:.1%}: "
        f"it predicts {predicted}"
    )
    images = (photo.pixels, style.pixels, conflict.restyled)
    classes = [top_classes(network, image, LISTED) for image in images]
    image = draw_cue_conflict(conflict, photo, style, classes, name)
    out.report(facts, [line], image=image, arrays={"restyled": conflict.restyled[0].cpu().numpy()})
