"""`dreamer inspect top`: the photos and patches that excite kernels most."""

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

STUDY = ("octaves.output_scale=1",)
SLOPE = 0.02


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@network_options
@click.option(
    "--layer",
    required=True,
    metavar="LAYER",
    shell_complete=complete_layers,
    help="As `dreamer networks layers NAME` prints it.",
)
@click.option("--kernel", "kernels", multiple=True, required=True, type=click.IntRange(0), metavar="K",
              help="A kernel of the layer. May be repeated.")  # fmt: skip
@click.option("--count", default=8, show_default=True, type=click.IntRange(1, 100), help="Photos for each kernel.")
@size_option(320)
@output_options("outputs/inspect/top.png")
def command(
    folder: Path,
    network: ChosenNetwork,
    layer: str,
    kernels: tuple[int, ...],
    count: int,
    size: int,
    out: Output,
) -> None:
    """Show the patches of FOLDER's photos that excite kernels most, beside each kernel's own portrait.

    A patch is what the strongest cell sees: its receptive field.
    """
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.heatmaps import to_image
    from dreamer.inspection.top_patches import top_patches
    from dreamer.jobs.stills import render_each
    from dreamer.presets.model.schema import Target
    from dreamer.presets.options import with_options
    from dreamer.presets.source.load import resolve_preset

    loaded = network.open()
    loaded.kernels(layer)
    photos = open_folder(folder, size)
    found = top_patches(loaded, (photo for _, photo in photos), layer, list(kernels), count)
    study = with_options(resolve_preset("kernel-study", STUDY).preset, size=(128, 128))
    targets = [(Target.model_validate({"layer": layer, "kernels": kernel, "measure": "mean"}),) for kernel in kernels]
    # A kernel that is off on noise has no gradient there, but through a slight slope.
    portraits = render_each(study, network.open("auto", negative_slope=SLOPE), None, targets)
    tiles, facts = [], []
    for kernel, portrait in zip(kernels, portraits, strict=True):
        tiles.append(Tile(portrait.image(), f"{layer} {kernel}\nits portrait"))
        best = found[kernel]
        for each in best:
            tiles.append(Tile(to_image(each.patch), f"{photos[each.number][0].name}\n{each.strength:.3g}"))
        for _ in range(count - len(best)):
            tiles.append(Tile(to_image(photos[0][1][0] * 0 + 0.95), ""))
        facts.append({
            "kernel": kernel,
            "photos": [
                {"photo": str(photos[each.number][0]), "strength": each.strength, "cell": each.cell, "box": each.box}
                for each in best
            ],
            "targets": target_lines(layer, kernel),
        })  # fmt: skip
    sheet = contact_sheet(tiles, columns=count + 1, side=136, title=f"{network.name}, {layer}: what excites it most")
    out.report(
        {"folder": str(folder), "network": network.name, "layer": layer, "kernels": facts},
        [f"{target_lines(layer, kernel)}\n" for kernel in kernels],
        image=sheet,
        arrays={
            f"{kernel}/{rank}": each.patch.numpy() for kernel in kernels for rank, each in enumerate(found[kernel])
        },
    )
