"""`dreamer networks train`: a network of your own photographs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.options import device_option

if TYPE_CHECKING:
    from torch import Tensor

    from dreamer.networks.training import TrainingEvent

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
    from dreamer.networks.training import (
        TrainingPlan,
        TrainingResult,
        epochs_within,
        read_photographs,
        stored_side,
        train,
    )

    choice = choose_device(device, "bfloat16")
    plan = TrainingPlan(epochs=epochs, batch=batch, side=side, small_share=small_share, learning_rate=rate,
                        robust=robust, cutmix_share=cutmix, width=width, seed=seed)  # fmt: skip
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
    for event in train(photographs, plan, output, device=choice.device, start=_start(start)):
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
