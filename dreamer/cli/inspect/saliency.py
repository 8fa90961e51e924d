"""`dreamer inspect saliency`: which pixels a class or target rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

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
from dreamer.cli.inspect.targets import question, target_options
from dreamer.cli.options import complete_layers

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

METHODS = ("gradient", "smooth", "integrated", "guided", "grad-cam", "guided-grad-cam")
GUIDED = ("guided", "guided-grad-cam")


@click.command()
@photo_argument
@network_options
@target_options
@click.option("--method", "methods", multiple=True, type=click.Choice(METHODS), help="May be repeated; default: all.")
@click.option(
    "--layer",
    metavar="LAYER",
    shell_complete=complete_layers,
    help="Layer for Grad-CAM; default: the last one with a map.",
)
@click.option("--samples", type=click.IntRange(1, 1000), default=24, show_default=True,
              help="Pictures for smooth and integrated.")  # fmt: skip
@size_option(320)
@click.option("--sanity", is_flag=True, help="Show the same maps of the same network with random weights, too.")
@output_options("outputs/inspect/saliency.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    wanted: str | None,
    target: str | None,
    methods: tuple[str, ...],
    layer: str | None,
    samples: int,
    size: int,
    sanity: bool,
    out: Output,
) -> None:
    """Show which pixels of PHOTO a class, or any target, rests on, by several methods side by side.

    A map that is as good with random weights shows the photo's edges rather than what the network learned:
    --sanity tells, with the rank correlation of both (Adebayo et al. 2018).
    """
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.errors import TargetError
    from dreamer.inspection.attribution import explain, heat_of, rank_correlation
    from dreamer.inspection.heatmaps import overlaid, smoothed, to_image, unit_range

    loaded = network.open()
    picture = open_photo(photo, loaded, size)
    asked, name = question(loaded, picture, wanted, target)
    maps = {}
    for method in methods or METHODS:
        try:
            maps[method] = explain(method, asked, picture, samples=samples, layer=layer)
        except TargetError as error:
            if methods or method not in GUIDED:
                raise
            click.echo(f"left out {method}: {error}", err=True)

    def drawn(heat: Tensor) -> Image:
        return to_image(overlaid(picture[0], unit_range(smoothed(heat, 1.2))).cpu())

    tiles = [Tile(to_image(picture[0]), photo.name)]
    tiles += [Tile(drawn(heat_of(each)), method) for method, each in maps.items()]
    arrays = {method.replace("-", "_"): each[0].cpu().numpy() for method, each in maps.items()}
    facts: dict[str, object] = {"photo": str(photo), "network": network.name, "target": name}
    lines = [f"{photo.name}: {name}"]
    if sanity:
        random = replace(network, weights="random", labels=None).open()
        random_asked, _ = question(random, picture, "0" if target is None else None, target)
        correlations = {}
        for method in maps:
            other = explain(method, random_asked, picture, samples=samples, layer=layer)
            correlations[method] = round(rank_correlation(heat_of(maps[method]), heat_of(other)), 3)
            tiles.append(
                Tile(drawn(heat_of(other)), f"{method}, random weights\nrank correlation {correlations[method]}")
            )
        facts["correlation_with_random_weights"] = correlations
        lines += [f"  {method}: rank correlation with random weights {value}" for method, value in correlations.items()]
    sheet = contact_sheet(tiles, side=max(200, min(size, 360)), title=f"{network.name}: {name}")
    out.report(facts, lines, image=sheet, arrays=arrays)
