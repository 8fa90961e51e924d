"""`dreamer inspect invert`: what a layer retains of a photo."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    output_options,
    photo_argument,
    size_option,
)
from dreamer.cli.options import complete_layers


@click.command()
@photo_argument
@network_options
@click.option("--layer", "layers", multiple=True, metavar="LAYER", shell_complete=complete_layers,
              help="A layer. May be repeated; default: three, down to the deepest with 4 x 4 cells.")  # fmt: skip
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
    """Optimize pictures to have the features of PHOTO at some layers: what each layer retains of it."""
    from dreamer.inspection.choices import spread_layers
    from dreamer.inspection.figures import draw_inversions
    from dreamer.inspection.inversion import invert
    from dreamer.inspection.photos import read_photo

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    inversions = []
    for layer in layers or spread_layers(loaded, picture.size):
        click.echo(f"{layer} ...", err=True)
        inversions.append(invert(loaded, picture.pixels, layer, steps=steps, smoothness=smoothness, seed=seed))
    facts = [
        {"layer": inversion.layer, "error": inversion.error, "start_error": inversion.start_error}
        for inversion in inversions
    ]
    out.report(
        {"photo": str(photo), "network": network.name, "layers": facts},
        [
            f"{inversion.layer}: features {inversion.error:.1%} off (from {inversion.start_error:.1%})"
            for inversion in inversions
        ],
        image=draw_inversions(inversions, picture, network.name),
        arrays={inversion.layer: inversion.picture[0].cpu().numpy() for inversion in inversions},
    )
