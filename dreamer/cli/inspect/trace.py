"""`dreamer inspect trace`: the pixels that a feature map comes from."""

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
    save_image,
    size_option,
    target_lines,
)
from dreamer.cli.inspect.targets import kernel_options


@click.command()
@photo_argument
@network_options
@kernel_options
@click.option("--count", default=3, show_default=True, type=click.IntRange(1, 100), help="How many, without --kernel.")
@size_option(320)
@click.option("--mask", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the first kernel's silhouette for a preset's canvas.mask.picture.")  # fmt: skip
@output_options("outputs/inspect/trace.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    layer: str,
    kernels: tuple[int, ...],
    count: int,
    size: int,
    mask: Path | None,
    out: Output,
) -> None:
    """Trace feature maps of a layer back to the pixels of PHOTO most responsible: heat map, box and silhouette."""
    from PIL import ImageDraw

    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.deconvolution import strongest_on
    from dreamer.inspection.heatmaps import overlaid, to_image
    from dreamer.inspection.tracing import trace_kernel
    from dreamer.pictures import read_picture

    loaded = network.open()
    picture = open_photo(photo, loaded, size)
    chosen = list(kernels) or strongest_on(loaded, picture, layer, count)
    traces = {kernel: trace_kernel(loaded, picture, layer, kernel) for kernel in chosen}
    tiles, facts = [], []
    pixels = picture[0].cpu()
    for kernel, trace in traces.items():
        top, left, bottom, right = trace.box
        boxed = to_image(pixels)
        ImageDraw.Draw(boxed).rectangle((left, top, right - 1, bottom - 1), outline="#ffd23f", width=2)
        tiles += [
            Tile(to_image(overlaid(pixels, trace.heat)), f"{layer} {kernel}"),
            Tile(boxed, f"box {left}, {top} to {right}, {bottom}"),
            Tile(to_image(pixels * (0.12 + 0.88 * trace.mask)), "silhouette"),
        ]
        facts.append({"kernel": kernel, "box": trace.box, "targets": target_lines(layer, kernel)})
    lines = [f"{target_lines(layer, kernel)}\n" for kernel in chosen]
    if mask is not None:
        whole = read_picture(photo).pixels
        first = traces[chosen[0]].mask.expand(3, -1, -1)
        size_of_photo = (whole.shape[2], whole.shape[1])
        save_image(to_image(first).convert("L").resize(size_of_photo), mask)
        lines.append(f'[canvas.mask]\npicture = "{mask}"\n')
    sheet = contact_sheet(tiles, columns=3, side=280, title=f"{network.name}, {layer} on {photo.name}: traced back")
    arrays = {f"heat_{kernel}": trace.heat.numpy() for kernel, trace in traces.items()}
    arrays |= {f"mask_{kernel}": trace.mask.numpy() for kernel, trace in traces.items()}
    out.report(
        {"photo": str(photo), "network": network.name, "layer": layer, "traces": facts},
        lines, image=sheet, arrays=arrays,
    )  # fmt: skip
