"""`dreamer inspect deconv`: activations projected back to pixels."""

from __future__ import annotations

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
    target_lines,
)
from dreamer.cli.inspect.targets import kernel_options

if TYPE_CHECKING:
    from dreamer.inspection.deconvolution import Kept


@click.command()
@photo_argument
@network_options
@kernel_options
@click.option("--count", default=9, show_default=True, type=click.IntRange(1, 100), help="How many, without --kernel.")
@click.option("--keep", default="strongest", show_default=True, metavar="WHAT",
              help="strongest: each kernel's strongest activation; all: its whole map; or Y,X as shares.")  # fmt: skip
@size_option(224)
@output_options("outputs/inspect/deconv.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    layer: str,
    kernels: tuple[int, ...],
    count: int,
    keep: str,
    size: int,
    out: Output,
) -> None:
    """Project what kernels of a layer see in PHOTO back to its pixels, each beside the patch that it comes from."""
    kept = _kept(keep)
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.deconvolution import project, strongest_on
    from dreamer.inspection.heatmaps import signed, to_image

    loaded = network.open()
    picture = open_photo(photo, loaded, size)
    chosen = list(kernels) or strongest_on(loaded, picture, layer, count)
    found = project(loaded, picture, layer, chosen, kept)
    tiles = []
    for each in found:
        top, left, bottom, right = each.box if each.box[2] else (0, 0, *picture.shape[-2:])
        crop = (slice(None), slice(top, bottom), slice(left, right))
        tiles.append(
            Tile(to_image(signed(each.picture[crop])), f"{layer} {each.kernel}\nactivation {each.strength:.3g}")
        )
        tiles.append(Tile(to_image(picture[0][crop]), "its patch"))
    facts = {
        "photo": str(photo),
        "network": network.name,
        "layer": layer,
        "projections": [
            {"kernel": each.kernel, "strength": each.strength, "cell": each.cell, "box": each.box,
             "targets": target_lines(layer, each.kernel)}
            for each in found
        ],
    }  # fmt: skip
    lines = [f"{target_lines(layer, each.kernel)}  # activation {each.strength:.3g}\n" for each in found]
    arrays = {f"kernel_{each.kernel}": each.picture.cpu().numpy() for each in found}
    sheet = contact_sheet(tiles, columns=6, side=160, title=f"{network.name}, {layer} on {photo.name}: deconvnet")
    out.report(facts, lines, image=sheet, arrays=arrays)


def _kept(text: str) -> Kept:
    if text == "strongest":
        return "strongest"
    if text == "all":
        return "all"
    try:
        row, column = (float(part) for part in text.split(","))
    except ValueError:
        row = column = -1.0
    if not (0 <= row <= 1 and 0 <= column <= 1):
        raise click.BadParameter(f"{text!r} is none of strongest, all, or Y,X from 0 to 1", param_hint="--keep")
    return row, column
