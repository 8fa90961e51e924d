"""`dreamer inspect top`: the photos and patches that activate kernels most."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    open_folder,
    output_options,
    size_option,
    target_lines,
)
from dreamer.cli.options import complete_layers

KERNELS = 4


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@network_options
@click.option("--layer", metavar="LAYER", shell_complete=complete_layers,
              help="As `dreamer networks layers NAME` prints it; default: the deepest with a map of at least 4 x 4 "
              "cells.")  # fmt: skip
@click.option("--kernel", "kernels", multiple=True, type=click.IntRange(0), metavar="K",
              help="A kernel of the layer. May be repeated; default: the four that are strongest on these photos.",
              )  # fmt: skip
@click.option("--count", default=8, show_default=True, type=click.IntRange(1, 100), help="Photos for each kernel.")
@size_option(320)
@output_options("outputs/inspect/top.png")
def command(
    folder: Path,
    network: ChosenNetwork,
    layer: str | None,
    kernels: tuple[int, ...],
    count: int,
    size: int,
    out: Output,
) -> None:
    """Show the patches of FOLDER's photos that activate kernels most, beside each kernel's own portrait.

    A patch is the receptive field of the strongest cell.
    """
    from dreamer.inspection.choices import deepest_layer, strongest_over
    from dreamer.inspection.figures import draw_top_patches
    from dreamer.inspection.portraits import PORTRAIT_SLOPE, kernel_portraits
    from dreamer.inspection.strongest_patches import top_patches

    loaded = network.open()
    photos = open_folder(folder, size)
    pixels = [photo.pixels for photo in photos]
    layer = layer or deepest_layer(loaded, min((photo.size for photo in photos), key=min))
    chosen = list(kernels) or strongest_over(loaded, pixels, layer, KERNELS)
    patches = top_patches(loaded, pixels, layer, chosen, count)
    portraits = kernel_portraits(network.open("auto", negative_slope=PORTRAIT_SLOPE), layer, list(patches))
    facts = [
        {"kernel": kernel, "targets": target_lines(layer, kernel), "photos": [
            {"photo": photos[patch.number].source, "strength": patch.strength, "cell": patch.cell, "box": patch.box}
            for patch in best
        ]}
        for kernel, best in patches.items()
    ]  # fmt: skip
    out.report(
        {"folder": str(folder), "network": network.name, "layer": layer, "kernels": facts},
        [f"{target_lines(layer, kernel)}\n" for kernel in patches],
        image=draw_top_patches(patches, portraits, photos, network.name, layer, count=count),
        arrays={
            f"{kernel}/{n}": patch.pixels.numpy() for kernel, best in patches.items() for n, patch in enumerate(best)
        },
    )
