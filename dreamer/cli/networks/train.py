"""`dreamer networks train`: a network of your own photographs."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dreamer.cli.options import device_option

if TYPE_CHECKING:
    from dreamer.networks.training import Photographs, TrainingEpoch, TrainingPlan, TrainingResult, TrainingStep
    from dreamer.networks.weights import LoadedNetwork

SECONDS_BETWEEN_LINES = 10.0
# How the architecture calls what --antialias says.
_ANTIALIASED: dict[str | None, bool | str | None] = {None: None, "none": False, "early": "early", "all": True}


@dataclass(frozen=True)
class TrainingOptions:
    """What the command line says, by the names of the options; `duration` is --time, `start` is --from."""

    sources: tuple[Path, ...]
    output: Path
    epochs: int
    batch: int
    side: int
    small_share: float
    rate: float
    robust: float
    cutmix: float
    duration: str | None
    width: float | None
    antialias: str | None
    activation: str | None
    start: str | None
    seed: int
    report: Path | None
    device: str

    def plan(self, start: LoadedNetwork | None) -> TrainingPlan:
        """The settings of the run, those of the architecture that are not given as in `start`."""
        from dreamer.networks.training import TrainingPlan, architecture_like

        architecture = architecture_like(
            start, width=self.width, antialiased=_ANTIALIASED.get(self.antialias), activation=self.activation
        )
        return TrainingPlan(epochs=self.epochs, batch=self.batch, side=self.side, small_share=self.small_share,
                            learning_rate=self.rate, robust=self.robust, cutmix_share=self.cutmix, seed=self.seed,
                            architecture=architecture)  # fmt: skip


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="The .safetensors file to write; a preset names the network by its path.",
)  # fmt: skip
@click.option("--epochs", default=20, show_default=True, type=click.IntRange(1, 10000))
@click.option("--batch", default=96, show_default=True, type=click.IntRange(2, 4096), help="Pictures a step.")
@click.option("--side", default=128, show_default=True, type=click.IntRange(32, 512), metavar="PX")
@click.option(
    "--small-share", default=0.5, show_default=True, type=click.FloatRange(0, 1),
    help="Share of the epochs that run at three quarters of the side, which is faster.",
)  # fmt: skip
@click.option(
    "--rate", default=4e-3, show_default=True, type=click.FloatRange(0, 1, min_open=True), help="Largest learning rate."
)
@click.option(
    "--robust", default=0.0, show_default=True, type=click.FloatRange(0, 100), metavar="L2",
    help="Train on worst-case changes of up to this L2 size, for bolder and cleaner dreams; 1.35 is good.",
)  # fmt: skip
@click.option(
    "--cutmix", default=0.25, show_default=True, type=click.FloatRange(0, 1),
    help="Share of the batches in which pictures are pasted into each other; not with --robust.",
)  # fmt: skip
@click.option(
    "--time", "duration", metavar="TIME",
    help='Fit the schedule to a time such as "40m" or "2h"; in place of --epochs.',
)  # fmt: skip
@click.option(
    "--width", type=click.FloatRange(0.05, 2), help="Channels, as a share of GoogLeNet's; 0.5, or that of --from."
)
@click.option(
    "--antialias", is_flag=False, flag_value="all", type=click.Choice([name for name in _ANTIALIASED if name]),
    help="Blur before every halving of the map, for smoother dreams, or before the first two; none, or as --from.",
)  # fmt: skip
@click.option(
    "--activation", type=click.Choice(["relu", "leaky", "smooth"]),
    help="What follows every convolution; relu, or that of --from.",
)  # fmt: skip
@click.option(
    "--from",
    "start",
    metavar="NETWORK",
    help='"pocket", "pocket-bold", "pocket-fine" or a file to begin with, for fine-tuning.',
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write each class's accuracy as JSON.")
@device_option
def command(**values: Any) -> None:
    """Train a network on photographs: folders of one folder a class, or tar files of CLASS/NAME.jpg.

    A tenth of the photographs, chosen by their digests, is held out to measure accuracy. A run that was stopped
    continues where it was when it is started again.
    """
    from dreamer.devices import choose_device
    from dreamer.jobs.claims import claimed
    from dreamer.networks.training import (
        TrainingResult,
        epochs_within,
        read_photographs,
        seconds_of,
        stored_side,
        train,
    )
    from dreamer.networks.weights import load_pocket

    options = TrainingOptions(**values)
    device = choose_device(options.device, "bfloat16").device
    start = None if options.start is None else load_pocket(options.start)
    plan = options.plan(start)
    seconds = None if options.duration is None else seconds_of(options.duration)
    photographs = read_photographs(options.sources, side=stored_side(options.side))
    if seconds is not None:
        plan = replace(plan, epochs=epochs_within(seconds, photographs, plan, device, options.output))
        click.echo(f"--time {options.duration}: {plan.epochs} epochs", err=True)
    _print_photographs(photographs, str(device))
    print_event = _Lines()
    with claimed(options.output):
        for event in train(photographs, plan, options.output, device=device, start=start):
            if not isinstance(event, TrainingResult):
                print_event(event)
            elif options.report is not None:
                _write_report(event, options.report)
    click.echo(str(options.output))


def _write_report(result: TrainingResult, path: Path) -> None:
    from dreamer.atomic import atomic_write

    facts = {"path": str(result.path), **result.accuracy.facts()}
    with atomic_write(path, "w") as file:
        file.write(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")


def _print_photographs(photographs: Photographs, device: str) -> None:
    click.echo(f"{len(photographs.labels)} photographs in {len(photographs.classes)} classes; {device}", err=True)
    for place in photographs.skipped:
        click.echo(f"skipped, because it is damaged or cut short: {place}", err=True)


class _Lines:
    """Prints a line every few seconds, and one after each epoch."""

    def __init__(self) -> None:
        self.last = 0.0

    def __call__(self, event: TrainingStep | TrainingEpoch) -> None:
        from dreamer.networks.training import TrainingEpoch

        if isinstance(event, TrainingEpoch):
            click.echo(
                f"epoch {event.epoch}/{event.epochs}: accuracy {event.accuracy.clean:.1%}, "
                f"whole {event.accuracy.whole:.1%}, perturbed {event.accuracy.perturbed:.1%}, {event.seconds:.0f} s",
                err=True,
            )
        elif time.monotonic() - self.last > SECONDS_BETWEEN_LINES:
            self.last = time.monotonic()
            click.echo(
                f"epoch {event.epoch}/{event.epochs}, batch {event.batch}/{event.batches}: loss {event.loss:.3f}, "
                f"{event.pictures_per_second:.0f} pictures/s, {event.seconds_left / 60:.1f} min left",
                err=True,
            )
