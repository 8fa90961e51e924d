"""What a tool asks about: a class, or any target of the preset language. Nothing here imports torch."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dreamer.cli.options import complete_layers
from dreamer.errors import PresetError
from dreamer.presets.source.load import preset_from_tree

if TYPE_CHECKING:
    from torch import Tensor

    from dreamer.inspection.scoring import Question
    from dreamer.networks import Network
    from dreamer.presets.model.schema import Target

Command = TypeVar("Command", bound=Callable[..., Any])


def target_options(command: Command) -> Command:
    """--class and --target, passed as `wanted` and `target`."""
    wanted = click.option("--class", "wanted", metavar="NAME", help="A class; default: the one seen most.")
    target = click.option(
        "--target",
        metavar="TOML",
        help="Any target of a preset in place of a class: 'layer = \"inception4c\", kernels = 12'.",
    )
    return wanted(target(command))


def kernel_options(command: Command) -> Command:
    """--layer and --kernel, passed as `layer` and `kernels`."""
    layer = click.option(
        "--layer",
        required=True,
        metavar="LAYER",
        shell_complete=complete_layers,
        help="As `dreamer networks layers NAME` prints it.",
    )
    kernel = click.option(
        "--kernel", "kernels", multiple=True, type=click.IntRange(0), metavar="K",
        help="A kernel of the layer. May be repeated; default: the strongest on this photo.",
    )  # fmt: skip
    return layer(kernel(command))


def parse_target(text: str) -> Target:
    """The target of an inline TOML table, with or without its braces. Raises PresetError with every mistake."""
    table = text.strip().removeprefix("{").removesuffix("}")
    try:
        tree = tomllib.loads(f"targets = [{{ {table} }}]")
    except tomllib.TOMLDecodeError as error:
        remedy = "Write it as in a preset, with commas: 'layer = \"inception4c\", kernels = [12]'."
        raise PresetError([str(error)], where=f"--target {text}", remedy=remedy) from error
    return preset_from_tree(tree, where=f"--target {text}").targets[0]


def question(network: Network, photo: Tensor, wanted: str | None, target: str | None) -> tuple[Question, str]:
    """What is asked about a photo, (1, 3, H, W), and its name for titles."""
    from dreamer.inspection.scoring import ask, class_target, predicted_class, probabilities
    from dreamer.presets.dump import targets_to_toml

    if wanted is not None and target is not None:
        raise click.UsageError("--class and --target exclude each other.")
    if target is not None:
        parsed = parse_target(target)
        name = ", ".join(targets_to_toml([parsed]).splitlines()[1:])
        return ask(network, parsed, photo), name
    index = predicted_class(network, photo) if wanted is None else network.class_index(wanted)
    share = float(probabilities(network, photo)[0, index])
    return ask(network, class_target(index), photo), f"{network.classes[index]} ({share:.1%})"
