"""`dreamer inspect activations`: feature maps on a photo."""

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
    target_lines,
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
    help="A layer. May be repeated.",
)
@click.option("--all", "every", is_flag=True, help="Every block of the network.")
@click.option("--count", default=16, show_default=True, type=click.IntRange(1, 4096), help="Maps of each layer.")
@click.option("--overlay", is_flag=True, help="Draw the maps over the photo.")
@size_option(320)
@output_options("outputs/inspect/activations.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    layers: tuple[str, ...],
    every: bool,
    count: int,
    overlay: bool,
    size: int,
    out: Output,
) -> None:
    """Draw the feature maps that PHOTO gives at one layer or all, the strongest first."""
    if not layers and not every:
        raise UsageError("names no layer", remedy="Use --layer inception4c, or --all.")
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.activations import feature_maps
    from dreamer.inspection.heatmaps import colored, overlaid, sized, to_image, unit_range
    from dreamer.networks.describing import described_layers

    loaded = network.open()
    picture = open_photo(photo, loaded, size)
    found = feature_maps(loaded, picture, list(layers) or described_layers(loaded), count)
    height, width = picture.shape[-2:]
    tiles = []
    for each in found:
        heat = unit_range(each.activation.clamp_min(0))
        image = overlaid(picture[0].cpu(), sized(heat, height, width)) if overlay else colored(heat)
        tiles.append(Tile(to_image(image), f"{each.layer} {each.kernel}\nmean {each.mean:.3g}, peak {each.peak:.3g}"))
    maps = [
        {"layer": each.layer, "kernel": each.kernel, "mean": each.mean, "peak": each.peak,
         "targets": target_lines(each.layer, each.kernel)}
        for each in found
    ]  # fmt: skip
    lines = [f"{target_lines(each.layer, each.kernel)}  # mean {each.mean:.3g}\n" for each in found[:8]]
    columns = min(count, 8)
    out.report(
        {"photo": str(photo), "network": network.name, "maps": maps},
        lines,
        image=contact_sheet(tiles, columns=columns, side=160, title=f"{network.name} on {photo.name}", smooth=overlay),
        arrays={f"{each.layer}/{each.kernel}": each.activation.numpy() for each in found},
    )
