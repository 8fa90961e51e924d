"""`dreamer inspect invert`: what a layer still knows of a photo."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    open_photo,
    output_options,
    photo_argument,
    size_option,
)
from dreamer.cli.options import complete_layers
from dreamer.errors import UsageError


@click.command()
@photo_argument
@network_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="LAYER",
    shell_complete=complete_layers,
    help="A layer. May be repeated, to compare.",
)
@click.option("--steps", default=300, show_default=True, type=click.IntRange(1, 10000), help="Steps of Adam.")
@click.option("--smoothness", default=10.0, show_default=True, type=click.FloatRange(0, 10000),
              help="Weight of total variation against the features' error.")  # fmt: skip
@size_option(160)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Start of all random numbers.")
@output_options("outputs/inspect/invert.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    layers: tuple[str, ...],
    steps: int,
    smoothness: float,
    size: int,
    seed: int,
    out: Output,
) -> None:
    """Grow pictures that have the features of PHOTO at some layers: what each layer still knows of it."""
    if not layers:
        raise UsageError("names no layer", remedy="Use --layer conv3 --layer inception4c.")
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.heatmaps import to_image
    from dreamer.inspection.inversion import invert

    loaded = network.open()
    picture = open_photo(photo, loaded, size)
    found = []
    for layer in layers:
        click.echo(f"{layer} ...", err=True)
        found.append(invert(loaded, picture, layer, steps=steps, smoothness=smoothness, seed=seed))
    tiles = [Tile(to_image(picture[0]), photo.name)]
    tiles += [Tile(to_image(each.picture[0]), f"{each.layer}\nerror {each.error:.1%}") for each in found]
    facts = {
        "photo": str(photo),
        "network": network.name,
        "layers": [{"layer": each.layer, "error": each.error, "start_error": each.start_error} for each in found],
    }
    lines = [f"{each.layer}: features {each.error:.1%} off (from {each.start_error:.1%})" for each in found]
    arrays = {each.layer: each.picture[0].cpu().numpy() for each in found}
    sheet = contact_sheet(tiles, side=220, title=f"{network.name}: what layers still know of {photo.name}")
    out.report(facts, lines, image=sheet, arrays=arrays)
