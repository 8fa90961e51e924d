"""`dreamer inspect classify`: the most probable classes of photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.inspect.sharing import ChosenNetwork, network_options, size_option
from dreamer.cli.options import json_option
from dreamer.texts import harmless, json_line

if TYPE_CHECKING:
    from torch import Tensor

    from dreamer.inspection.photos import Photo
    from dreamer.inspection.scoring import ClassProbability


@click.command()
@click.argument("photos", metavar="PHOTO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@network_options
@click.option("--before", type=click.Path(path_type=Path), metavar="PHOTO",
              help="The photo that the PHOTOs were dreamt over: show what the dream changed.")  # fmt: skip
@click.option("--count", default=5, show_default=True, type=click.IntRange(1, 1000), help="Classes to list.")
@size_option(224)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Also write a picture of it.")
@json_option
def command(
    photos: tuple[Path, ...],
    network: ChosenNetwork,
    before: Path | None,
    count: int,
    size: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """List the most probable classes of each PHOTO with their probabilities, before and after a dream."""
    from dreamer.drawing.save import save_drawing
    from dreamer.inspection.figures import draw_classes
    from dreamer.inspection.photos import read_photo
    from dreamer.inspection.scoring import probabilities, top_classes

    loaded = network.open()
    paths = [*([before] if before else []), *photos]
    pictures = [read_photo(path, size=size, device=loaded.device) for path in paths]
    classes = [top_classes(loaded, picture.pixels, count) for picture in pictures]
    earlier = probabilities(loaded, pictures[0].pixels)[0] if before else None
    for path, picture, best in zip(paths, pictures, classes, strict=True):
        if as_json:
            click.echo(_json(picture, best, network.name))
        else:
            _print(picture, best, None if path == before else earlier)
    if output is not None:
        save_drawing(draw_classes(pictures, classes, network.name), output)
        click.echo(str(output), err=as_json)


def _json(picture: Photo, classes: list[ClassProbability], network: str) -> str:
    facts = [{"class": entry.name, "index": entry.index, "probability": entry.probability} for entry in classes]
    return json_line({"photo": picture.source, "network": network, "classes": facts})


def _print(picture: Photo, classes: list[ClassProbability], earlier: Tensor | None) -> None:
    click.echo(harmless(picture.source))
    for entry in classes:
        change = "" if earlier is None else f"   was {float(earlier[entry.index]):6.1%}"
        click.echo(f"  {entry.probability:6.1%}  {entry.name}{change}")
