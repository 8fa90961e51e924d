"""`dreamer networks`: what there is, what is inside, and training one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.options import complete_networks, device_option, json_option
from dreamer.cli.running import Commands

if TYPE_CHECKING:
    from torch import Tensor

    from dreamer.networks.descriptions import NetworkDescription
    from dreamer.networks.training import TrainingEvent, TrainingPlan

SECONDS_BETWEEN_LINES = 10.0


@click.group(cls=Commands, invoke_without_command=True)
@json_option
@click.pass_context
def group(ctx: click.Context, as_json: bool) -> None:
    """List the networks that a preset can name; list their layers and classes; train one of your own."""
    if ctx.invoked_subcommand is not None:
        return
    from dreamer.networks.catalogue import SHIPPED, find_entry, network_names
    from dreamer.networks.weights import cache_folder, load_pocket_file, shipped_file

    rows: list[dict[str, object]] = []
    for name in SHIPPED:
        loaded, size = load_pocket_file(shipped_file(name)), shipped_file(name).stat().st_size / 1e6
        parameters = sum(value.numel() for value in loaded.module.parameters())
        rows.append(_row(name, parameters, size, 128, len(loaded.classes), "shipped"))
    for entry in map(find_entry, network_names()[len(SHIPPED) :]):
        here = "here" if (cache_folder() / entry.file_name).is_file() else "to download"
        rows.append(_row(entry.name, entry.parameters, entry.megabytes, entry.input_side, len(entry.classes), here))
    _print_rows(rows, as_json)


def _row(name: str, parameters: int, megabytes: float, side: int, classes: int, weights: str) -> dict[str, object]:
    return {
        "name": name,
        "million_parameters": round(parameters / 1e6, 1),
        "megabytes": round(megabytes, 1),
        "input_px": side,
        "classes": classes,
        "weights": weights,
    }


def _print_rows(rows: Sequence[dict[str, object]], as_json: bool) -> None:
    """One JSON object a line, or an aligned table."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        return
    heads = [str(key).replace("_", " ") for key in rows[0]]
    cells = [[str(value) for value in row.values()] for row in rows]
    widths = [max(len(line[column]) for line in [heads, *cells]) for column in range(len(heads))]
    numeric = [not isinstance(value, str) for value in rows[0].values()]
    for line in [heads, *cells]:
        click.echo("  ".join(_aligned(line, widths, numeric)).rstrip())


def _aligned(line: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> Iterable[str]:
    for text, width, right in zip(line, widths, numeric, strict=True):
        yield text.rjust(width) if right else text.ljust(width)


@group.command()
@click.argument("name", shell_complete=complete_networks)
@click.option("--size", default=224, show_default=True, type=click.IntRange(16, 4096), metavar="PX",
              help="Side of the square picture that shapes are given for.")  # fmt: skip
@json_option
def layers(name: str, size: int, as_json: bool) -> None:
    """List the layers of network NAME that a target can name, in order of computation. Needs no weights."""
    from dreamer.networks import layer_table

    _print_rows([asdict(shape) for shape in layer_table(name, size, size)], as_json)


@group.command()
@click.argument("name", shell_complete=complete_networks)
@click.option("--search", metavar="WORD", help="Only the classes whose names hold WORD.")
@json_option
def classes(name: str, search: str | None, as_json: bool) -> None:
    """List the classes of network NAME, with their indices."""
    from dreamer.errors import TargetError, did_you_mean
    from dreamer.networks.labels import search_classes
    from dreamer.networks.network import class_names

    names = class_names(name)
    chosen = range(len(names)) if search is None else search_classes(search, names)
    if not chosen:
        raise TargetError(f"no class of {name} holds {search!r}", remedy=did_you_mean(search or "", names))
    _print_rows([{"index": index, "class": names[index]} for index in chosen], as_json)


@group.command()
@click.argument("name", shell_complete=complete_networks)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--search", metavar="WORDS", help='Only kernels that are about WORDS: "dogs", "red petals", "arch fine".')
@click.option("--layer", "only", multiple=True, metavar="LAYER", help="Only these layers. May be repeated.")
@click.option("--count", default=8, show_default=True, type=click.IntRange(1), help="Kernels to list of each layer.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to keep what is found; default: where presets look for it.")  # fmt: skip
@click.option("--weights", default="default", metavar="FILE", help='"default", "random", or a state dict.')
@device_option
@json_option
def describe(
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

    With SOURCEs (folders of one folder a class, or tars of CLASS/NAME.jpg) it is found out first, from a look at all
    their photographs, and kept, so that a preset can say kernels = "dogs".
    """
    from dreamer.networks import load_network
    from dreamer.networks.descriptions import description_file, write_description
    from dreamer.presets.schema import NetworkChoice

    network = load_network(NetworkChoice(name=name, weights=weights), device=device)
    if sources:
        from dreamer.networks.describing import describe_kernels
        from dreamer.networks.training import read_photographs

        photographs = read_photographs(sources)
        found = describe_kernels(
            network, photographs.pixels, photographs.labels, photographs.classes, layers=only or None
        )
        path = output or description_file(network.file, network.weights_digest)
        write_description(found, path)
        click.echo(f"{len(photographs.labels)} photographs; kept in {path}", err=True)
    else:
        found = network.description
    _print_rows(_description_rows(found, search, only, count), as_json)


def _description_rows(
    found: NetworkDescription, search: str | None, only: tuple[str, ...], count: int
) -> list[dict[str, object]]:
    """A row for each kernel: those that are searched for, or the most decided ones of each layer."""
    from dreamer.errors import TargetError, did_you_mean

    for layer in only:
        if layer not in found.layers:
            remedy = did_you_mean(layer, found.layers) or f"There are {', '.join(found.layers)}."
            raise TargetError(f"layer {layer!r} was not described", remedy=remedy)
    if search is not None:
        chosen = [each for _, each in found.kernels_about(search) if not only or each.layer in only][: count * 4]
    else:
        chosen = []
        for layer in only or found.layers:
            decided = sorted(found.layers[layer], key=lambda each: -max((lift for _, lift in each.classes), default=0))
            chosen += decided[:count]
    return [
        {
            "layer": each.layer,
            "kernel": each.kernel,
            "color": each.color,
            "grain": each.grain,
            "classes": ", ".join(f"{found.classes[index]} {lift:.1f}" for index, lift in each.classes),
        }
        for each in chosen
    ]


@group.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The .safetensors file to write; a preset names the network by its path.",
)
@click.option("--epochs", default=20, show_default=True, type=click.IntRange(1, 10000))
@click.option("--batch", default=96, show_default=True, type=click.IntRange(2, 4096), help="Pictures a step.")
@click.option("--side", default=128, show_default=True, type=click.IntRange(32, 512), metavar="PX")
@click.option(
    "--small-share",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the epochs that run at three quarters of the side, which is faster.",
)
@click.option(
    "--rate", default=4e-3, show_default=True, type=click.FloatRange(0, 1, min_open=True), help="Largest learning rate."
)
@click.option(
    "--robust",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    metavar="L2",
    help="Train on worst-case changes of up to this L2 size, for bolder and cleaner dreams; 1.35 is good.",
)
@click.option(
    "--cutmix",
    default=0.25,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the batches in which pictures are pasted into each other; not with --robust.",
)
@click.option(
    "--time", "budget", metavar="TIME", help='Fit the schedule to a time such as "40m" or "2h"; in place of --epochs.'
)
@click.option(
    "--width",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0.05, 2),
    help="Channels, as a share of GoogLeNet's.",
)
@click.option(
    "--from", "start", metavar="NETWORK", help='"pocket", "pocket-fine" or a file to begin with, for fine-tuning.'
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write each class's accuracy as JSON.")
@device_option
def train(
    sources: tuple[Path, ...],
    output: Path,
    epochs: int,
    batch: int,
    side: int,
    small_share: float,
    rate: float,
    robust: float,
    cutmix: float,
    budget: str | None,
    width: float,
    start: str | None,
    seed: int,
    report: Path | None,
    device: str,
) -> None:  # fmt: skip
    """Train a network on photographs: folders of one folder a class, or tar files of CLASS/NAME.jpg.

    A tenth of the photographs, told by their digests, is held out to measure accuracy. A run that was stopped goes on
    where it was when it is started again.
    """
    from dreamer.devices import choose_device
    from dreamer.networks.training import TrainingPlan, TrainingResult, epochs_within, read_photographs, train

    choice = choose_device(device, "bfloat16")
    plan = TrainingPlan(epochs=epochs, batch=batch, side=side, small_share=small_share, learning_rate=rate,
                        robust=robust, cutmix_share=cutmix, width=width, seed=seed)  # fmt: skip
    seconds = None if budget is None else _seconds(budget)
    photographs = read_photographs(sources, side=_stored_side(plan))
    if seconds is not None:
        fitting = epochs_within(seconds, photographs, plan, choice.device, output)
        plan = replace(plan, epochs=fitting)
        click.echo(f"--time {budget}: {fitting} epochs", err=True)
    click.echo(
        f"{len(photographs.labels)} photographs in {len(photographs.classes)} classes; {choice.device}", err=True
    )
    for place in photographs.skipped:
        click.echo(f"skipped, for it is no whole picture: {place}", err=True)
    show = _Lines()
    for event in train(photographs, plan, output, device=choice.device, start=_start(start)):
        show(event)
        if isinstance(event, TrainingResult):
            if report is not None:
                report.write_text(json.dumps(asdict(event), default=str, indent=1) + "\n", encoding="utf-8")
            click.echo(str(output))


def _seconds(text: str) -> float:
    """The seconds of "90s", "40m" or "1.5h". Raises UsageError."""
    from dreamer.errors import UsageError

    units = {"s": 1, "m": 60, "h": 3600}
    try:
        seconds = float(text[:-1]) * units[text[-1:]]
    except (ValueError, KeyError):
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise UsageError("is no time", where=f"--time {text}", remedy='Write it as "90s", "40m" or "1.5h".')
    return seconds


def _stored_side(plan: TrainingPlan) -> int:
    """Photographs are kept somewhat larger than they are shown, so that crops have room."""
    return plan.side * 9 // 8


def _start(network: str | None) -> tuple[dict[str, Tensor], tuple[str, ...]] | None:
    if network is None:
        return None
    from dreamer.networks.catalogue import SHIPPED
    from dreamer.networks.weights import load_pocket_file, shipped_file

    loaded = load_pocket_file(shipped_file(network) if network in SHIPPED else Path(network))
    return loaded.module.state_dict(), loaded.classes


class _Lines:
    """Says a line every few seconds, and one after each epoch."""

    def __init__(self) -> None:
        self.said = 0.0

    def __call__(self, event: TrainingEvent) -> None:
        import time

        from dreamer.networks.training import TrainingEpoch, TrainingStep

        if isinstance(event, TrainingEpoch):
            click.echo(
                f"epoch {event.epoch}/{event.epochs}: accuracy {event.accuracy:.1%}, "
                f"perturbed {event.perturbed:.1%}, {event.seconds:.0f} s",
                err=True,
            )
        elif isinstance(event, TrainingStep) and time.monotonic() - self.said > SECONDS_BETWEEN_LINES:
            self.said = time.monotonic()
            click.echo(
                f"epoch {event.epoch}/{event.epochs}, batch {event.batch}/{event.batches}: loss {event.loss:.3f}, "
                f"{event.pictures_per_second:.0f} pictures/s, {event.seconds_left / 60:.1f} min left",
                err=True,
            )
