"""`dreamer inspect weights`: the kernels themselves."""

from __future__ import annotations

import click

from dreamer.cli.inspect.sharing import ChosenNetwork, Output, network_options, output_options
from dreamer.cli.options import complete_layers


@click.command()
@network_options
@click.option(
    "--layer",
    metavar="LAYER",
    shell_complete=complete_layers,
    help="A convolution, or a block for the first one in it; default: the first.",
)
@click.option("--count", default=64, show_default=True, type=click.IntRange(1, 4096), help="Kernels to draw.")
@click.option("--channels", default=16, show_default=True, type=click.IntRange(1, 4096),
              help="Input channels of each kernel, where it does not look at colors.")  # fmt: skip
@click.option("--expand", is_flag=True, help="Expand deeper kernels to pixels, as if the network were linear.")
@output_options("outputs/inspect/weights.png")
def command(
    network: ChosenNetwork,
    layer: str | None,
    count: int,
    channels: int,
    expand: bool,
    out: Output,
) -> None:
    """Draw a convolution's kernels: as colors in the first layer, as slices or expanded to pixels in deeper ones."""
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.heatmaps import to_image
    from dreamer.inspection.kernels import color_tiles, convolution, slice_tiles, templates

    loaded = network.open()
    if expand and layer is not None:
        name, numbers = layer, list(range(min(count, loaded.kernels(layer))))
        drawn = templates(loaded, layer, numbers).cpu()
        tiles = [Tile(to_image(each), str(number)) for number, each in zip(numbers, drawn, strict=True)]
        shape, columns, side = tuple(drawn.shape), None, 96
    else:
        name, module = convolution(loaded, layer)
        own = module.weight.detach().float()[:count].cpu()
        shape = tuple(module.weight.shape)
        drawn = own
        if own.shape[1] == 3:
            tiles = [Tile(to_image(each), str(number)) for number, each in enumerate(color_tiles(own))]
            columns, side = None, 72
        else:
            part = slice_tiles(own)[:, :channels]
            tiles = [
                Tile(to_image(one.expand(3, -1, -1)), f"{number} < {channel}")
                for number, each in enumerate(part)
                for channel, one in enumerate(each.unsqueeze(1))
            ]
            columns, side = min(channels, own.shape[1]), 44
    sheet = contact_sheet(tiles, columns=columns, side=side, title=f"{network.name}, {name}: {shape}", smooth=False)
    facts = {"network": network.name, "layer": name, "shape": shape}
    lines = [f"{name}: {' x '.join(map(str, shape))}"]
    out.report(facts, lines, image=sheet, arrays={"weights": drawn.numpy()})
