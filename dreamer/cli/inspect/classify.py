"""`dreamer inspect classify`: the classes that a network sees."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dreamer.cli.inspect.sharing import ChosenNetwork, network_options, open_photo, save_image, size_option
from dreamer.cli.options import json_option


@click.command()
@click.argument("photos", metavar="PHOTO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@network_options
@click.option("--before", type=click.Path(path_type=Path), metavar="PHOTO",
              help="The photo that the PHOTOs were dreamt over: show what the dream changed.")  # fmt: skip
@click.option("--count", default=5, show_default=True, type=click.IntRange(1, 1000), help="Classes to list.")
@size_option(224)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write a picture of it, too.")
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
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.heatmaps import to_image
    from dreamer.inspection.scoring import probabilities

    loaded = network.open()
    first = None if before is None else probabilities(loaded, open_photo(before, loaded, size))[0]
    tiles = []
    for photo in [*([before] if before else []), *photos]:
        picture = open_photo(photo, loaded, size)
        found = probabilities(loaded, picture)[0]
        best = found.topk(min(count, len(found)))
        rows = [(loaded.classes[int(index)], float(value), int(index)) for value, index in zip(*best, strict=True)]
        tiles.append(Tile(to_image(picture[0]), "\n".join([photo.name, *(f"{v:6.1%}  {name}" for name, v, _ in rows)])))
        if as_json:
            classes = [{"class": name, "index": index, "probability": value} for name, value, index in rows]
            click.echo(
                json.dumps({"photo": str(photo), "network": network.name, "classes": classes}, ensure_ascii=False)
            )
            continue
        click.echo(str(photo))
        for name, value, index in rows:
            change = "" if first is None or photo == before else f"   was {float(first[index]):6.1%}"
            click.echo(f"  {value:6.1%}  {name}{change}")
    if output is not None:
        save_image(contact_sheet(tiles, side=280, title=f"{network.name} sees"), output)
        click.echo(str(output), err=as_json)
