"""`dreamer inspect activations`: feature maps on a photo."""

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
    target_lines,
)
from dreamer.cli.options import complete_layers

LISTED = 8


@click.command()
@photo_argument
@network_options
@click.option("--layer", "layers", multiple=True, metavar="LAYER", shell_complete=complete_layers,
              help="A layer. May be repeated; default: three, down to the deepest with 4 x 4 cells.")  # fmt: skip
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
    """Draw the feature maps of PHOTO at one layer or all, the strongest first."""
    from dreamer.inspection.activations import feature_maps
    from dreamer.inspection.choices import spread_layers
    from dreamer.inspection.figures import draw_feature_maps
    from dreamer.inspection.photos import read_photo
    from dreamer.networks.kernel_statistics import described_layers

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    default = described_layers(loaded) if every else spread_layers(loaded, picture.size)
    maps = feature_maps(loaded, picture.pixels, list(layers) or default, count)
    facts = [
        {"layer": feature_map.layer, "kernel": feature_map.kernel, "mean": feature_map.mean, "peak": feature_map.peak,
         "targets": target_lines(feature_map.layer, feature_map.kernel)}
        for feature_map in maps
    ]  # fmt: skip
    out.report(
        {"photo": str(photo), "network": network.name, "maps": facts},
        [
            f"{target_lines(feature_map.layer, feature_map.kernel)}  # mean {feature_map.mean:.3g}\n"
            for feature_map in maps[:LISTED]
        ],
        image=draw_feature_maps(maps, picture, network.name, columns=min(count, 8), overlay=overlay),
        arrays={f"{feature_map.layer}/{feature_map.kernel}": feature_map.activation.numpy() for feature_map in maps},
    )
