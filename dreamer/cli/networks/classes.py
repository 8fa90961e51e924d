"""`dreamer networks classes`: the classes of a network."""

from __future__ import annotations

import click

from dreamer.cli.options import complete_networks, json_option
from dreamer.cli.tables import print_rows


@click.command()
@click.argument("name", shell_complete=complete_networks)
@click.option("--search", metavar="WORD", help="Only the classes whose names contain WORD.")
@json_option
def command(name: str, search: str | None, as_json: bool) -> None:
    """List the classes of network NAME, with their indices."""
    from dreamer.errors import TargetError, did_you_mean
    from dreamer.networks.labels import search_classes
    from dreamer.networks.network import class_names

    names = class_names(name)
    chosen = range(len(names)) if search is None else search_classes(search, names)
    if not chosen:
        raise TargetError(f"no class name of {name} contains {search!r}", remedy=did_you_mean(search or "", names))
    print_rows([{"index": index, "class": names[index]} for index in chosen], as_json)
