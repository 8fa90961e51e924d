"""`dreamer inspect deconv`: activations projected back to pixels."""

from __future__ import annotations

from dataclasses import replace
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
    target_lines,
)
from dreamer.cli.inspect.target_options import kernel_options

if TYPE_CHECKING:
    from dreamer.inspection.deconvolution import Keep


@click.command()
@photo_argument
@network_options
@kernel_options
@click.option("--count", default=6, show_default=True, type=click.IntRange(1, 100), help="Kernels, without --kernel.")
@click.option("--keep", default="strongest", show_default=True, metavar="WHAT",
              help="What to project beside the whole map. strongest: each kernel's strongest activation; Y,X: the one "
              "there, as shares of the map; all: nothing else.")  # fmt: skip
@size_option(224)
@output_options("outputs/inspect/deconv.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    layer: str | None,
    kernels: tuple[int, ...],
    count: int,
    keep: str,
    size: int,
    out: Output,
) -> None:
    """Project the activations of a layer's kernels back to the pixels of PHOTO.

    The figure has all maps of the layer, and of each chosen one the map, the projections of the whole map and of a
    single activation side by side, and the patch that the activation comes from.
    """
    activations = _parse_keep(keep)
    from dreamer.inspection.activations import feature_maps
    from dreamer.inspection.choices import deepest_layer, strongest_on
    from dreamer.inspection.deconvolution import project
    from dreamer.inspection.figures import draw_projections
    from dreamer.inspection.photos import own_input, read_photo

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    layer = layer or deepest_layer(loaded, picture.size)
    picture = replace(picture, pixels=own_input(loaded, layer, picture.pixels))
    chosen = list(kernels) or strongest_on(loaded, picture.pixels, layer, count)
    projections = project(loaded, picture.pixels, layer, chosen, activations)
    wholes = projections if activations == "all" else project(loaded, picture.pixels, layer, chosen, "all")
    maps = feature_maps(loaded, picture.pixels, [layer], order="index")
    cells = [] if activations == "all" else projections
    facts = [
        {"kernel": projection.kernel, "strength": projection.strength, "cell": projection.cell, "box": projection.box,
         "targets": target_lines(layer, projection.kernel)}
        for projection in projections
    ]  # fmt: skip
    out.report(
        {"photo": str(photo), "network": network.name, "layer": layer, "projections": facts},
        [
            f"{target_lines(layer, projection.kernel)}  # activation {projection.strength:.3g}\n"
            for projection in projections
        ],
        image=draw_projections(wholes, cells, maps, picture, network.name),
        arrays={f"kernel_{projection.kernel}": projection.picture.cpu().numpy() for projection in projections}
        | {f"whole_{projection.kernel}": projection.picture.cpu().numpy() for projection in wholes}
        | {f"map_{kernel}": maps[kernel].activation.numpy() for kernel in chosen},
    )


def _parse_keep(text: str) -> Keep:
    if text == "strongest":
        return "strongest"
    if text == "all":
        return "all"
    try:
        row, column = (float(part) for part in text.split(","))
    except ValueError:
        row = column = -1.0
    if not (0 <= row <= 1 and 0 <= column <= 1):
        raise click.BadParameter(f"{text!r} is not strongest, all, or Y,X from 0 to 1", param_hint="--keep")
    return row, column
