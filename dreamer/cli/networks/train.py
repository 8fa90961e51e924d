"""`dreamer networks train`: a network of your own photographs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dreamer.cli.options import device_option

if TYPE_CHECKING:
    from dreamer.networks.pocket import Architecture
    from dreamer.networks.training import TrainingEvent
    from dreamer.networks.weights import Loaded

SECONDS_BETWEEN_LINES = 10.0


@click.command()
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
    type=click.FloatRange(0.05, 2),
    help="Channels, as a share of GoogLeNet's; 0.5, or that of --from.",
)
@click.option(
    "--antialias/--no-antialias",
    "antialiased",
    default=None,
    help="Blur before every halving of the map, for smoother dreams; off, or as --from.",
)
@click.option(
    "--activation",
    type=click.Choice(["relu", "leaky", "smooth"]),
    help="What follows every convolution; relu, or that of --from.",
)
@click.option(
    "--from", "start", metavar="NETWORK", help='"pocket", "pocket-fine" or a file to begin with, for fine-tuning.'
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write each class's accuracy as JSON.")
@device_option
def command(
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
    width: float | None,
    antialiased: bool | None,
    activation: str | None,
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
    from dreamer.networks.training import (
        TrainingPlan,
        TrainingResult,
        epochs_within,
        read_photographs,
        stored_side,
        train,
    )
    from dreamer.networks.weights import load_pocket

    choice = choose_device(device, "bfloat16")
    begin = None if start is None else load_pocket(start)
    chosen = {"width": width, "antialiased": antialiased, "activation": activation}
    architecture = _architecture(begin, {key: value for key, value in chosen.items() if value is not None})
    plan = TrainingPlan(epochs=epochs, batch=batch, side=side, small_share=small_share, learning_rate=rate,
                        robust=robust, cutmix_share=cutmix, seed=seed, architecture=architecture)  # fmt: skip
    seconds = None if budget is None else _seconds(budget)
    photographs = read_photographs(sources, side=stored_side(side))
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
    given = None if begin is None else (begin.module.state_dict(), begin.classes)
    for event in train(photographs, plan, output, device=choice.device, start=given):
        show(event)
        if isinstance(event, TrainingResult):
            if report is not None:
                facts = {"path": str(event.path), **event.accuracy.facts()}
                report.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
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


def _architecture(begin: Loaded | None, chosen: dict[str, Any]) -> Architecture:
    """The architecture that was asked for; what was not is as in the network that training begins with.

    Raises UsageError for a width whose layers would not fit that network's.
    """
    from dreamer.errors import UsageError
    from dreamer.networks.pocket import Architecture

    if begin is None:
        return Architecture(**chosen)
    known: Architecture = begin.module.architecture  # type: ignore[assignment]
    if chosen.get("width", known.width) != known.width:
        raise UsageError(
            f"does not fit the network to begin with, whose width is {known.width:g}",
            where=f"--width {chosen['width']:g}",
            remedy="Leave --width out, or train without --from.",
        )
    return replace(known, **chosen)


class _Lines:
    """Says a line every few seconds, and one after each epoch."""

    def __init__(self) -> None:
        self.said = 0.0

    def __call__(self, event: TrainingEvent) -> None:
        import time

        from dreamer.networks.training import TrainingEpoch, TrainingStep

        if isinstance(event, TrainingEpoch):
            click.echo(
                f"epoch {event.epoch}/{event.epochs}: accuracy {event.accuracy.clean:.1%}, "
                f"whole {event.accuracy.whole:.1%}, perturbed {event.accuracy.perturbed:.1%}, {event.seconds:.0f} s",
                err=True,
            )
        elif isinstance(event, TrainingStep) and time.monotonic() - self.said > SECONDS_BETWEEN_LINES:
            self.said = time.monotonic()
            click.echo(
                f"epoch {event.epoch}/{event.epochs}, batch {event.batch}/{event.batches}: loss {event.loss:.3f}, "
                f"{event.pictures_per_second:.0f} pictures/s, {event.seconds_left / 60:.1f} min left",
                err=True,
            )
