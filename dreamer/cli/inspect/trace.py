"""`dreamer inspect trace`: the pixels that a feature map comes from."""

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
from dreamer.cli.inspect.target_options import kernel_options


@click.command()
@photo_argument
@network_options
@kernel_options
@click.option("--count", default=3, show_default=True, type=click.IntRange(1, 100), help="Kernels, without --kernel.")
@size_option(320)
@click.option("--mask", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the first kernel's silhouette for a preset's canvas.mask.picture.")  # fmt: skip
@output_options("outputs/inspect/trace.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    layer: str | None,
    kernels: tuple[int, ...],
    count: int,
    size: int,
    mask: Path | None,
    out: Output,
) -> None:
    """Trace feature maps of a layer back to the pixels of PHOTO most responsible: heat map, box and silhouette."""
    from dreamer.drawing.save import save_drawing
    from dreamer.inspection.choices import deepest_layer, strongest_on
    from dreamer.inspection.figures import draw_silhouette, draw_traces
    from dreamer.inspection.photos import read_photo
    from dreamer.inspection.tracing import trace_kernel
    from dreamer.pictures.open import picture_size

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    layer = layer or deepest_layer(loaded, picture.size)
    chosen = list(kernels) or strongest_on(loaded, picture.pixels, layer, count)
    traces = [trace_kernel(loaded, picture.pixels, layer, kernel) for kernel in chosen]
    lines = [f"{target_lines(layer, kernel)}\n" for kernel in chosen]
    if mask is not None:
        save_drawing(draw_silhouette(traces[0], picture_size(photo)[::-1]), mask)
        lines.append(f'[canvas.mask]\npicture = "{mask}"\n')
    facts = [{"kernel": t.kernel, "box": t.box, "targets": target_lines(layer, t.kernel)} for t in traces]
    out.report(
        {"photo": str(photo), "network": network.name, "layer": layer, "traces": facts},
        lines,
        image=draw_traces(traces, picture, network.name),
        arrays={f"heat_{t.kernel}": t.heat.numpy() for t in traces}
        | {f"mask_{t.kernel}": t.mask.numpy() for t in traces},
    )
