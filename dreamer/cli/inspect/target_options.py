"""Options that choose a score to explain: a class, or any target of a preset. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dreamer.bounded import parse_toml
from dreamer.cli.options import complete_layers
from dreamer.errors import PresetError
from dreamer.presets.source.load import preset_from_tree
from dreamer.texts import around

if TYPE_CHECKING:
    from torch import Tensor

    from dreamer.inspection.scoring import TargetScore
    from dreamer.networks import Network
    from dreamer.presets.model.schema import Target

Command = TypeVar("Command", bound=Callable[..., Any])


def target_options(command: Command) -> Command:
    """--class and --target, passed as `class_name` and `target`."""
    name = click.option("--class", "class_name", metavar="NAME", help="A class; default: the most probable one.")
    target = click.option(
        "--target",
        metavar="TOML",
        help="Any target of a preset in place of a class, such as 'layer = \"inception4c\", kernels = 12'.",
    )
    return name(target(command))


def kernel_options(command: Command) -> Command:
    """--layer and --kernel, passed as `layer` (None where not given) and `kernels`."""
    layer = click.option(
        "--layer",
        metavar="LAYER",
        shell_complete=complete_layers,
        help="As `dreamer networks layers NAME` prints it; default: the deepest with a map of at least 4 x 4 cells.",
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
        tree = parse_toml(f"targets = [{{ {table} }}]")
    except ValueError as error:
        remedy = "Write it as in a preset, with commas: 'layer = \"inception4c\", kernels = [12]'."
        raise PresetError([str(error)], where=f"--target {around(text)}", remedy=remedy) from error
    return preset_from_tree(tree, where=f"--target {around(text)}").targets[0]


def chosen_score(
    network: Network, photo: Tensor, class_name: str | None, target: str | None
) -> tuple[TargetScore, str]:
    """The score that --class and --target choose for a photo, (1, 3, H, W), and its name for titles."""
    from dreamer.inspection.scoring import class_target, predicted_class, probabilities, target_score
    from dreamer.presets.dump import targets_to_toml

    if class_name is not None and target is not None:
        raise click.UsageError("--class and --target exclude each other.")
    if target is not None:
        parsed = parse_target(target)
        name = ", ".join(targets_to_toml([parsed]).splitlines()[1:])
        return target_score(network, parsed, photo), name
    index = predicted_class(network, photo) if class_name is None else network.class_index(class_name)
    share = float(probabilities(network, photo)[0, index])
    return target_score(network, class_target(index), photo), f"{network.classes[index]} ({share:.1%})"
