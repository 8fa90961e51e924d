"""Options that several commands share, and what the shell completes them with. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from dreamer.cli.running import set_verbosity, verbosity

Command = TypeVar("Command", bound=Callable[..., Any])
PRECISIONS = ("auto", "float32", "bfloat16")
PROGRESS = ("auto", "rich", "plain", "json", "none")


def complete_presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Preset names, or files once a path is being typed."""
    from dreamer.presets.source.lookup import SUFFIX, is_path, preset_files

    if is_path(incomplete, SUFFIX):
        return [CompletionItem(incomplete, type="file")]
    return _beginning_with(incomplete, preset_files())


def complete_keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Keys of a preset, for `--set`; the first target stands for all."""
    from dreamer.presets.model.introspection import all_keys
    from dreamer.presets.model.paths import EACH

    keys = (key for key in all_keys().values() if not key.is_table)
    return _beginning_with(incomplete, (f"{key.path.replace(f'.{EACH}.', '.0.')}=" for key in keys))


def complete_networks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Network names, of which pocket is the first."""
    from dreamer.networks.names import network_names

    return _beginning_with(incomplete, network_names())


def complete_layers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Layer names of the chosen network, where it was described; else GoogLeNet's."""
    from dreamer.networks.descriptions import layer_names

    return _beginning_with(incomplete, layer_names(str(ctx.params.get("network") or "pocket")))


def set_option(command: Command) -> Command:
    """--set KEY=VALUE, any number of times, passed as `overrides`."""
    return click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE", shell_complete=complete_keys,
        help="Change a value of the preset, such as octaves.count=6 or targets.0.weight=2; "
        "an empty value puts a key back to its default. May be repeated.",
    )(command)  # fmt: skip


def device_option(command: Command) -> Command:
    """--device, passed as `device`."""
    return click.option(
        "--device", default="auto", show_default=True, metavar="DEVICE", shell_complete=_complete_devices,
        help="auto, cpu, cuda, cuda:1 or mps.",
    )(command)  # fmt: skip


def precision_option(command: Command) -> Command:
    """--precision, passed as `precision`."""
    return click.option(
        "--precision", type=click.Choice(PRECISIONS), default="auto", show_default=True,
        help="Arithmetic of the network; auto: bfloat16 where the device has it.",
    )(command)  # fmt: skip


def json_option(command: Command) -> Command:
    """--json, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")(command)


def progress_option(command: Command) -> Command:
    """--progress, passed as `progress`."""
    return click.option(
        "--progress", type=click.Choice(PROGRESS), default="auto", show_default=True,
        help="How progress is shown on stderr; auto: rich on a terminal, else plain.",
    )(command)  # fmt: skip


def verbosity_options(command: Command) -> Command:
    """-q and -v, which count together with those given before the command's name; see `running.verbosity`."""
    quiet = click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=_quiet, help="Say only what went wrong."
    )
    verbose = click.option(
        "-v", "--verbose", count=True, expose_value=False, callback=_verbose, help="Say more; -vv also tracebacks."
    )
    return quiet(verbose(command))


def _quiet(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    if given:
        set_verbosity(ctx, -1)


def _verbose(ctx: click.Context, param: click.Parameter, times: int) -> None:
    if times:
        set_verbosity(ctx, max(verbosity(), 0) + times)


def _complete_devices(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _beginning_with(incomplete, ["auto", "cpu", "cuda", "mps"])


def _beginning_with(incomplete: str, names: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
