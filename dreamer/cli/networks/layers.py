"""`dreamer networks layers`: the layers that a target can name."""

from __future__ import annotations

from dataclasses import asdict

import click

from dreamer.cli.options import complete_networks, json_option
from dreamer.cli.tables import print_rows


@click.command()
@click.argument("name", shell_complete=complete_networks)
@click.option("--size", default=224, show_default=True, type=click.IntRange(16, 4096), metavar="PX",
              help="Side of the square picture that shapes are given for.")  # fmt: skip
@json_option
def command(name: str, size: int, as_json: bool) -> None:
    """List the layers of network NAME that a target can name, in order of computation. Needs no weights."""
    from dreamer.networks import layer_table

    shapes = [asdict(shape) for shape in layer_table(name, size, size)]
    print_rows([{key: value for key, value in shape.items() if key != "has_map"} for shape in shapes], as_json)
