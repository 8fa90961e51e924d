"""`dreamer networks describe`: what the kernels of a network want."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.options import complete_networks, device_option, json_option
from dreamer.cli.tables import print_rows

if TYPE_CHECKING:
    from dreamer.networks.descriptions import NetworkDescription


@click.command()
@click.argument("name", shell_complete=complete_networks)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--search", metavar="WORDS", help='Only kernels that are about WORDS: "dogs", "red petals", "arch fine".')
@click.option("--layer", "only", multiple=True, metavar="LAYER", help="Only these layers. May be repeated.")
@click.option("--count", default=8, show_default=True, type=click.IntRange(1), help="Kernels to list of each layer.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to keep the description; default: where presets look for it.")  # fmt: skip
@click.option("--weights", default="default", metavar="FILE", help='"default", "random", or a state dict.')
@device_option
@json_option
def command(
    name: str,
    sources: tuple[Path, ...],
    search: str | None,
    only: tuple[str, ...],
    count: int,
    output: Path | None,
    weights: str,
    device: str,
    as_json: bool,
) -> None:
    """List what the kernels of network NAME want: classes, colors and fineness of detail.

    With SOURCEs (folders of one folder a class, or tars of CLASS/NAME.jpg) it is measured first, on all their
    photographs, and kept, so that a preset can say kernels = "dogs".
    """
    from dreamer.networks import load_network
    from dreamer.networks.descriptions import description_file, write_description
    from dreamer.presets.model.schema import NetworkChoice

    network = load_network(NetworkChoice(name=name, weights=weights), device=device)
    if sources:
        from dreamer.networks.kernel_statistics import describe_kernels
        from dreamer.networks.training import read_photographs

        photographs = read_photographs(sources)
        description = describe_kernels(
            network, photographs.pixels, photographs.labels, photographs.classes, layers=only or None
        )
        path = output or description_file(network.file, network.weights_digest)
        write_description(description, path)
        click.echo(f"{len(photographs.labels)} photographs; kept in {path}", err=True)
    else:
        description = network.description
    print_rows(_description_rows(description, search, only, count), as_json)


def _description_rows(
    description: NetworkDescription, search: str | None, only: tuple[str, ...], count: int
) -> list[dict[str, object]]:
    """A row for each kernel: those that are searched for, or the most selective ones of each layer."""
    from dreamer.errors import TargetError, did_you_mean

    for layer in only:
        if layer not in description.layers:
            remedy = did_you_mean(layer, description.layers) or f"There are {', '.join(description.layers)}."
            raise TargetError(f"layer {layer!r} was not described", remedy=remedy)
    if search is not None:
        matches = (kernel for _, kernel in description.kernels_about(search))
        chosen = [kernel for kernel in matches if not only or kernel.layer in only][: count * 4]
    else:
        chosen = [kernel for layer in only or description.layers for kernel in description.most_selective(layer, count)]
    return [
        {
            "layer": kernel.layer,
            "kernel": kernel.kernel,
            "color": kernel.color,
            "grain": kernel.grain,
            "classes": ", ".join(f"{description.classes[index]} {lift:.1f}" for index, lift in kernel.classes),
        }
        for kernel in chosen
    ]
