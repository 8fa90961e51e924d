"""`dreamer inspect fool`: how brittle a network is, and whether it classifies by texture or by shape."""

from __future__ import annotations

from collections.abc import Sequence
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
from dreamer.cli.tables import print_table

if TYPE_CHECKING:
    from dreamer.inspection.attacks import Attack
    from dreamer.inspection.cue_conflict import CueConflict
    from dreamer.inspection.photos import Photo
    from dreamer.inspection.scoring import ClassProbability
    from dreamer.networks import Network

METHODS = ("pgd", "fgsm", "pixels")


@click.command()
@photo_argument
@network_options
@click.option("--class", "class_name", metavar="NAME",
              help="The class that the network is to predict; default: any other than now.")  # fmt: skip
@click.option("--method", "methods", type=click.Choice(METHODS), multiple=True, default=("pgd", "fgsm"),
              show_default=True, help="Many small steps, one step, or single pixels, which need the extra "
              "dreamer[fool]. May be repeated.")  # fmt: skip
@click.option("--pixels", default=1, show_default=True, type=click.IntRange(1, 100), metavar="N",
              help="How many pixels --method pixels may change.")  # fmt: skip
@click.option("--texture", type=click.Path(path_type=Path), metavar="STYLE",
              help="In place of --class: classify the photo with the texture of STYLE.")  # fmt: skip
@click.option("--strength", "strengths", type=click.FloatRange(0.05, 2), multiple=True, default=(0.25, 0.5, 1.0),
              show_default=True, metavar="SHARE",
              help="How much of its shape the photo gives up for the texture. May be repeated.")  # fmt: skip
@size_option(224)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Start of all random numbers.")
@output_options("outputs/inspect/fool.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    class_name: str | None,
    methods: tuple[str, ...],
    pixels: int,
    texture: Path | None,
    strengths: tuple[float, ...],
    size: int,
    seed: int,
    out: Output,
) -> None:
    """Find the smallest change of PHOTO that makes the network predict a class, or any other; or give it a texture.

    Each change is beside random changes of the same size.
    """
    if class_name is not None and texture is not None:
        raise click.UsageError("--class and --texture exclude each other.")
    from dreamer.inspection.attacks import attack
    from dreamer.inspection.cue_conflict import cue_conflict
    from dreamer.inspection.photos import read_photo

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    if texture is not None:
        style = read_photo(texture, size=size, device=loaded.device)
        conflicts = [
            cue_conflict(loaded, picture.pixels, str(texture), style.pixels, size=size, strength=strength)
            for strength in strengths
        ]
        _report_conflicts(conflicts, picture, style, loaded, network.name, out)
        return
    index = None if class_name is None else loaded.class_index(class_name)
    attacks = [attack(loaded, picture.pixels, index, method, pixels=pixels, seed=seed) for method in methods]
    _report_attacks(attacks, index, picture, loaded, network.name, out)


def _report_attacks(
    attacks: Sequence[Attack], index: int | None, photo: Photo, network: Network, name: str, out: Output
) -> None:
    from dreamer.inspection.figures import draw_attacks
    from dreamer.inspection.scoring import probabilities, top_classes

    pictures = [picture for each in attacks for picture in (each.example.picture, each.control.picture)]
    before, *after = (top_classes(network, image, 3) for image in (photo.pixels, *pictures))
    found = [_attack_facts(each, best) for each, best in zip(attacks, after[::2], strict=True)]
    if not out.as_json:
        goal = "anything else" if index is None else network.classes[index]
        click.echo(f"{photo.name}: {name} predicts {before[0].name} ({before[0].probability:.1%}), is to be {goal}")
        print_table([row for each, best in zip(attacks, after[::2], strict=True) for row in _rows(each, best)])
    wanted = after[0][0].index if index is None else index
    # Those of the first attack are also beside the list, where they have always been.
    first = {key: found[0][key] for key in ("succeeded", "largest_change", "l2")}
    out.report(
        {
            "photo": photo.source,
            "network": name,
            "class_before": before[0].name,
            "class": network.classes[wanted],
            **first,
            "probability": float(probabilities(network, attacks[0].example.picture)[0, wanted]),
            "attacks": found,
        },
        [],
        image=draw_attacks(attacks, photo, before, after, name),
        arrays={each.method: (each.example.picture - photo.pixels)[0].cpu().numpy() for each in attacks},
    )


def _attack_facts(attack: Attack, after: Sequence[ClassProbability]) -> dict[str, object]:
    example, control = attack.example, attack.control
    return {
        "method": attack.method,
        "succeeded": example.succeeded,
        "largest_change": example.size,
        "l2": example.l2,
        "pixels": example.pixels,
        "class_after": after[0].name,
        "probability": after[0].probability,
        "random": {"draws": control.draws, "succeeded": control.reached},
    }


def _rows(attack: Attack, after: Sequence[ClassProbability]) -> list[dict[str, object]]:
    """An attack and its control as rows of a table."""
    example, control = attack.example, attack.control
    largest = f"{example.size * 255:.2f}"
    return [
        {
            "change": attack.method,
            "largest, of 255": largest,
            "length (L2)": f"{example.l2:.3f}",
            "pixels": f"{example.pixels:.2%}",
            "fools": "yes" if example.succeeded else "no",
            "predicts": f"{after[0].name} ({after[0].probability:.1%})",
        },
        {
            "change": "random",
            "largest, of 255": f"{control.size * 255:.2f}",
            "length (L2)": f"{control.l2:.3f}",
            "pixels": f"{control.pixels:.2%}",
            "fools": f"{control.reached} of {control.draws}",
            "predicts": "",
        },
    ]


def _report_conflicts(
    conflicts: Sequence[CueConflict], photo: Photo, style: Photo, network: Network, name: str, out: Output
) -> None:
    from dreamer.inspection.figures import draw_cue_conflicts
    from dreamer.inspection.scoring import top_classes

    found = [_conflict_facts(conflict, network) for conflict in conflicts]
    shape, texture = (network.classes[index] for index in (conflicts[-1].shape_class, conflicts[-1].texture_class))
    lines = [
        f"strength {conflict.strength:g}: shape ({shape}) {conflict.shape_probability:.1%}, "
        f"texture ({texture}) {conflict.texture_probability:.1%}: it predicts "
        f"{network.classes[conflict.predicted_class]}"
        for conflict in conflicts
    ]
    images = (photo.pixels, style.pixels, *(conflict.restyled for conflict in conflicts))
    classes = [top_classes(network, image, 3) for image in images]
    # Those of the last strength are also beside the list, where they have always been.
    out.report(
        {"photo": photo.source, "network": name, "class_before": shape, "texture_class": texture, **found[-1],
         "strengths": found},
        lines,
        image=draw_cue_conflicts(conflicts, photo, style, classes, name),
        arrays={"restyled": conflicts[-1].restyled[0].cpu().numpy()},
    )  # fmt: skip


def _conflict_facts(conflict: CueConflict, network: Network) -> dict[str, object]:
    return {
        "strength": conflict.strength,
        "shape_probability": conflict.shape_probability,
        "texture_probability": conflict.texture_probability,
        "class_after": network.classes[conflict.predicted_class],
    }
