"""`dreamer inspect weights`: the kernels themselves."""

from __future__ import annotations

import click

from dreamer.cli.inspect.sharing import ChosenNetwork, Output, network_options, output_options
from dreamer.cli.options import complete_layers


@click.command()
@network_options
@click.option("--layer", metavar="LAYER", shell_complete=complete_layers,
              help="A convolution, or a block for the first one in it; default: the first.")  # fmt: skip
@click.option("--count", default=64, show_default=True, type=click.IntRange(1, 4096), help="Kernels to draw.")
@click.option("--channels", default=16, show_default=True, type=click.IntRange(1, 4096),
              help="Input channels to draw of each kernel, unless they are colors.")  # fmt: skip
@click.option("--expand", is_flag=True, help="Expand deeper kernels to pixels, as if the network were linear.")
@output_options("outputs/inspect/weights.png")
def command(network: ChosenNetwork, layer: str | None, count: int, channels: int, expand: bool, out: Output) -> None:
    """Draw a convolution's kernels: as colors in the first layer, as slices or expanded to pixels in deeper ones.

    What does not fit a screen is divided into pages: weights.png, weights-2.png and so on.
    """
    from dreamer.inspection.figures import draw_kernels
    from dreamer.inspection.kernels import layer_kernels

    kernels = layer_kernels(network.open(), layer, count, expand=expand)
    out.report(
        {"network": network.name, "layer": kernels.layer, "shape": kernels.shape},
        [f"{kernels.layer}: {' x '.join(map(str, kernels.shape))}"],
        image=draw_kernels(kernels, network.name, channels=channels),
        arrays={"weights": kernels.weights.numpy()},
    )
