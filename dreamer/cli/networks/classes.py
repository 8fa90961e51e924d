"""`dreamer networks classes`: the classes of a network."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.options import complete_networks, json_option
from dreamer.cli.tables import print_rows


@click.command()
@click.argument("name", shell_complete=complete_networks)
@click.option("--search", metavar="WORD", help="Only the classes whose names contain WORD.")
@click.option("--weights", default="default", metavar="FILE",
              help="A state dict of your own for this network; its number of classes counts.")  # fmt: skip
@click.option("--labels", type=click.Path(path_type=Path), metavar="FILE",
              help="File of class names, one per line, in place of the network's.")  # fmt: skip
@json_option
def command(name: str, search: str | None, weights: str, labels: Path | None, as_json: bool) -> None:
    """List the classes of network NAME, with their indices."""
    from dreamer.errors import TargetError, did_you_mean
    from dreamer.networks.labels import search_classes
    from dreamer.networks.network import class_names

    names = class_names(name, weights, labels)
    chosen = range(len(names)) if search is None else search_classes(search, names)
    if not chosen:
        raise TargetError(f"no class name of {name} contains {search!r}", remedy=did_you_mean(search or "", names))
    print_rows([{"index": index, "class": names[index]} for index in chosen], as_json)
