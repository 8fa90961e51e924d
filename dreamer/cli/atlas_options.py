"""What `dreamer atlas` can be asked to draw, as options. Nothing here imports torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dreamer.cli.job_options import collected
from dreamer.errors import UsageError
from dreamer.presets.model.fields import check_kernels

if TYPE_CHECKING:
    from dreamer.inspection.atlas import Subject
    from dreamer.networks import Network

Command = TypeVar("Command", bound=Callable[..., Any])
_PAIR = re.compile(r"^(\d+)-(\d+)$")


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn, as options say it. Raises UsageError where it is nothing, or cannot be read."""

    layers: tuple[str, ...]
    kernels: list[int] | None
    units: bool
    classes: bool
    named: tuple[str, ...]
    directions: int | None
    pairs: list[tuple[int, int]]
    between: int

    def __post_init__(self) -> None:
        if not self.layers and not self.classes and not self.named:
            raise UsageError(
                "nothing to draw was named", remedy="Use --layer inception4c, --classes, or --class NAME; see --help."
            )
        of_layers = self.directions or self.pairs or self.units or self.kernels is not None
        if of_layers and not self.layers:
            raise UsageError("--kernels, --units, --directions and --pairs need a --layer")

    def subjects(self, network: Network, seed: int) -> list[Subject]:
        """All of it, each once. Raises TargetError for what the network does not have."""
        found = self._found(network, seed)
        return list({(subject.group, subject.name): subject for subject in found}.values())

    def _found(self, network: Network, seed: int) -> Iterator[Subject]:
        from dreamer.inspection import atlas

        if self.pairs:
            for layer in self.layers:
                yield from atlas.pair_subjects(network, layer, self.pairs, self.between)
        elif self.directions:
            yield from atlas.direction_subjects(network, self.layers, self.directions, seed)
        elif self.units:
            yield from atlas.unit_subjects(network, self.layers, self.kernels)
        else:
            yield from atlas.kernel_subjects(network, self.layers, self.kernels)
        if self.classes or self.named:
            yield from atlas.class_subjects(network, self.named or None)


def wanted_options(command: Command) -> Command:
    """--layer, --kernels, --units, --classes, --class, --directions, --pairs and --between, together as `wanted`."""
    options = [
        click.option("--layer", "layers", default="", metavar="LAYER,LAYER...", callback=_layers,
                     help="Draw the kernels of these layers."),
        click.option("--kernels", metavar="LIST", callback=_kernels, help='Only these kernels: "0-63", "3,7,20-29".'),
        click.option("--units", is_flag=True, help="Of each kernel only the unit in the middle of its map."),
        click.option("--classes", is_flag=True, help="Draw every class."),
        click.option("--class", "named", multiple=True, metavar="NAME", help="Draw this class. May be repeated."),
        click.option("--directions", type=click.IntRange(1, 10000), metavar="N",
                     help="N random directions of each layer."),
        click.option("--pairs", metavar="A-B,C-D", callback=_pairs, help="From one kernel to another, step by step."),
        click.option("--between", type=click.IntRange(2, 100), default=7, show_default=True,
                     help="Pictures of each pair."),
    ]  # fmt: skip
    wrapped = collected("wanted", {field.name for field in fields(Wanted)}, Wanted)(command)
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def _layers(ctx: click.Context, param: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(_parts(text))


def _kernels(ctx: click.Context, param: click.Parameter, text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(each) for each in check_kernels(_parts(text))]
    except ValueError as error:
        raise UsageError(str(error), where=f"--kernels {text}") from error


def _pairs(ctx: click.Context, param: click.Parameter, text: str | None) -> list[tuple[int, int]]:
    matches: Sequence[re.Match[str] | None] = [_PAIR.match(part) for part in _parts(text or "")]
    if not all(matches):
        raise UsageError("is not a list of pairs", where=f"--pairs {text}", remedy='Write it as "3-7,12-40".')
    return [(int(match[1]), int(match[2])) for match in matches if match]


def _parts(text: str) -> list[str]:
    """The parts of a text between commas, without those that are empty."""
    return [part.strip() for part in text.split(",") if part.strip()]
