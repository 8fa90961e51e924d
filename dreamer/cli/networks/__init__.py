"""`dreamer networks`: what there is, what is inside, and training one; a thin module a command."""

from __future__ import annotations

import click

from dreamer.cli.options import json_option
from dreamer.cli.running import LazyCommands
from dreamer.cli.tables import print_rows

_COMMANDS = {
    "layers": "List the layers that a target can name.",
    "classes": "List the classes of a network.",
    "describe": "List what the kernels of a network want.",
    "train": "Train a network on photographs of your own.",
    "test": "Measure how well a network classifies photographs.",
}


@click.group(cls=LazyCommands, lazy=_COMMANDS, package="dreamer.cli.networks", invoke_without_command=True)
@json_option
@click.pass_context
def group(ctx: click.Context, as_json: bool) -> None:
    """List the networks that a preset can name; list their layers and classes; train one of your own."""
    if ctx.invoked_subcommand is not None:
        return
    from dreamer.networks.catalog import find_entry
    from dreamer.networks.download import cache_folder
    from dreamer.networks.names import SHIPPED, network_names
    from dreamer.networks.weights import load_pocket_file, shipped_file

    rows: list[dict[str, object]] = []
    for name in SHIPPED:
        loaded, size = load_pocket_file(shipped_file(name)), shipped_file(name).stat().st_size / 1e6
        parameters = sum(value.numel() for value in loaded.module.parameters())
        rows.append(_row(name, parameters, size, 128, len(loaded.classes), "shipped"))
    for entry in map(find_entry, network_names()[len(SHIPPED) :]):
        here = "here" if (cache_folder() / entry.file_name).is_file() else "to download"
        rows.append(_row(entry.name, entry.parameters, entry.megabytes, entry.input_side, len(entry.classes), here))
    print_rows(rows, as_json)


def _row(name: str, parameters: int, megabytes: float, side: int, classes: int, weights: str) -> dict[str, object]:
    return {
        "name": name,
        "million_parameters": round(parameters / 1e6, 1),
        "megabytes": round(megabytes, 1),
        "input_px": side,
        "classes": classes,
        "weights": weights,
    }
