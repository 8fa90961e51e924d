"""`dreamer inspect activations`: feature maps on a photo."""

from __future__ import annotations

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
from dreamer.cli.options import complete_layers

if TYPE_CHECKING:
    from dreamer.inspection.activations import Order
    from dreamer.inspection.photos import Photo
    from dreamer.networks import Network

LISTED = 8


class CountType(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """A number from 1 on, or all, which is passed as None."""

    name = "count"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The number; None for all."""
        if value == "all":
            return None
        if not str(value).isdecimal() or int(str(value)) < 1:
            self.fail(f"{value!r} is neither a number from 1 on nor all.", param, ctx)
        return int(str(value))


@click.command()
@photo_argument
@network_options
@click.option("--layer", "layers", multiple=True, metavar="LAYER", shell_complete=complete_layers,
              help="A layer. May be repeated; default: three, down to the deepest with 4 x 4 cells.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Every block of the network.")
@click.option("--kernel", "kernels", multiple=True, type=click.IntRange(0), metavar="K",
              help="A kernel of the layer, drawn large. May be repeated; without --layer of the deepest layer with "
              "4 x 4 cells.")  # fmt: skip
@click.option("--count", default="16", show_default=True, type=CountType(), metavar="N",
              help="Maps of each layer, or all; of a fully connected layer always all units.")  # fmt: skip
@click.option("--order", type=click.Choice(("strength", "index")), default="strength", show_default=True,
              help="The strongest first, or as they are numbered.")  # fmt: skip
@click.option("--overlay", is_flag=True, help="Draw the maps over the photo.")
@size_option(320)
@output_options("outputs/inspect/activations.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    layers: tuple[str, ...],
    every: bool,
    kernels: tuple[int, ...],
    count: int | None,
    order: Order,
    overlay: bool,
    size: int,
    out: Output,
) -> None:
    """Draw the feature maps of PHOTO at one layer or all, the strongest first.

    Each map has a color bar of its own. Where a layer has values below 0, such as conv1.conv before its ReLU, the scale
    is a diverging one.
    """
    from dreamer.inspection.activations import feature_maps
    from dreamer.inspection.figures import draw_feature_maps
    from dreamer.inspection.photos import read_photo

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    chosen = list(layers) or _default_layers(loaded, picture, every=every, one=bool(kernels))
    maps = feature_maps(loaded, picture.pixels, chosen, count, kernels=kernels, order=order)
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
        image=draw_feature_maps(maps, picture, network.name, overlay=overlay),
        arrays={f"{feature_map.layer}/{feature_map.kernel}": feature_map.activation.numpy() for feature_map in maps},
    )


def _default_layers(network: Network, photo: Photo, *, every: bool, one: bool) -> list[str]:
    """Every block, or for `one` the deepest with a map of at least 4 x 4 cells, or three."""
    from dreamer.inspection.choices import deepest_layer, spread_layers
    from dreamer.networks.kernel_statistics import described_layers

    if every:
        return described_layers(network)
    return [deepest_layer(network, photo.size)] if one else spread_layers(network, photo.size)
