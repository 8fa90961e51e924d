"""`dreamer networks test`: how well a network classifies photographs."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.options import complete_networks, device_option, json_option
from dreamer.texts import json_line


@click.command()
@click.argument("name", shell_complete=complete_networks)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--side", default=128, show_default=True, type=click.IntRange(32, 512), metavar="PX",
              help="Side that the network was trained at.")  # fmt: skip
@device_option
@json_option
def command(name: str, sources: tuple[Path, ...], side: int, device: str, as_json: bool) -> None:
    """Measure how well the trained network NAME classifies the held-out tenth of photographs,
    those it never learned from.

    SOURCE: folders of one folder a class, or tars of CLASS/NAME.jpg. NAME: "pocket", "pocket-bold", "pocket-fine",
    or a file that `dreamer networks train` wrote.
    """
    from dreamer.devices import choose_device
    from dreamer.networks.training import evaluate, read_photographs, stored_side
    from dreamer.networks.weights import load_pocket

    chosen = choose_device(device, "bfloat16").device
    loaded = load_pocket(name)
    photographs = read_photographs(sources, side=stored_side(side)).renumbered(loaded.classes)
    accuracy = evaluate(loaded.module.to(chosen).eval(), photographs, side, chosen)
    if as_json:
        click.echo(json_line({"network": name, **accuracy.facts()}))
        return
    click.echo(f"{int(photographs.held_out.sum())} held-out photographs in {len(accuracy.per_class)} classes")
    click.echo(f"{accuracy.clean:6.1%}  center crops of {side} px")
    click.echo(f"{accuracy.whole:6.1%}  whole photographs at {side * 5 // 4} px")
    click.echo(f"{accuracy.perturbed:6.1%}  center crops after a worst-case change of L2 size 0.5")
    for label, share in sorted(accuracy.per_class.items(), key=lambda pair: pair[1]):
        click.echo(f"{share:6.1%}  {label}")
