"""Options of the commands that run jobs, each group passed on as one object. Nothing here imports torch."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_args

import click

from dreamer.cli.options import (
    complete_layers,
    complete_presets,
    device_option,
    json_option,
    precision_option,
    progress_option,
    set_option,
)
from dreamer.jobs.orders import Order
from dreamer.jobs.view import MOST_VARIANTS
from dreamer.pictures.settings import QUALITY, FileSettings, Level
from dreamer.presets.model.fields import check_kernels

Command = TypeVar("Command", bound=Callable[..., Any])

LEAST_MEMORY = 2 << 30
FIELDS = (
    "{variant} (preset, with what --layer, --kernel, --class and --sweep say), {preset}, {stem}, {name}, {network}, "
    "{seed}, {layer}, {kernel}, {class}"
)


class PictureSize(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """A longest side such as 1024, or a size such as 1280x720."""

    name = "px"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | tuple[int, int]:
        """The side, or (width, height)."""
        parts = str(value).lower().split("x")
        if len(parts) > 2 or not all(part.isdecimal() and 16 <= int(part) <= 65536 for part in parts):
            self.fail(f"{value!r} is not a size; use 1024 for the longest side, or 1280x720.", param, ctx)
        return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))


class MemorySize(click.ParamType):  # type: ignore[type-arg]
    """An amount of memory such as 6G or 800M, in bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes; of a unit each is 1024 of the one before."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", str(value).strip(), re.IGNORECASE)
        if match is None:
            self.fail(f"{value!r} is not an amount of memory; use 6G or 800M.", param, ctx)
        size = int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))
        if size < LEAST_MEMORY:
            self.fail(f"{value} is too little: torch and a network alone take 1G; use 2G or more.", param, ctx)
        return size


def target_options(command: Command) -> Command:
    """--layer, --kernel and --class, passed as `layer`, `kernel` and `class_`: what an `Order` says of a target."""
    layer = click.option(
        "--layer", multiple=True, metavar="LAYER", callback=lambda ctx, param, given: given or None,
        shell_complete=complete_layers, help="Layer of the first target. May be repeated.",
    )  # fmt: skip
    kernel = click.option(
        "--kernel", multiple=True, metavar="K", callback=_kernels,
        help='Kernel of that layer: 12, "64-79", "strongest 5", or words such as "dogs". May be repeated.',
    )  # fmt: skip
    class_ = click.option("--class", "class_", metavar="NAME", help="Class of the first target, in place of a layer.")
    return layer(kernel(class_(command)))


def _kernels(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[int, ...] | str | None:
    """The kernels of --kernel: numbers and ranges may be many, also behind commas; words stand alone."""
    parts = [part for text in given for part in (text.split(",") if text[:1].isdigit() else [text])]
    try:
        return check_kernels(parts if len(parts) > 1 else parts[0]) if parts else None
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@dataclass(frozen=True)
class RunOptions:
    """How jobs are run, and how that is shown."""

    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    max_memory: int | None = None
    force: bool = False
    no_recipe: bool = False
    as_json: bool = False
    progress: str = "auto"


@dataclass(frozen=True)
class PlanOptions:
    """What is printed in place of running jobs."""

    dry_run: bool
    print_preset: bool


def collected(name: str, keys: set[str], make: Callable[..., Any]) -> Callable[[Command], Command]:
    """Pass the options `keys`, as far as the command has them, on as one argument `name`, made by `make(**options)`."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def together(*args: Any, **given: Any) -> Any:
            group = {key: given.pop(key) for key in keys & set(given)}
            return command(*args, **{name: make(**group)}, **given)

        return together  # type: ignore[return-value]

    return decorate


def file_options(command: Command) -> Command:
    """The options of pictures' files: a field of `FileSettings` each, None where it is not given."""
    metadata = click.option(
        "--metadata", type=click.Choice(get_args(Level)),
        help="What is kept of the photo's EXIF, IPTC and XMP: safe (the default) leaves out place, serial numbers, "
        "owner, maker notes and thumbnail.",
    )  # fmt: skip
    keep_dates = click.option(
        "--keep-dates", is_flag=True, default=None, help="Give each output its photo's own date of modification."
    )
    profile = click.option(
        "--profile", type=click.Choice(("source", "srgb")),
        help="Color profile: the photo's own (Display P3, Adobe RGB; the default), or sRGB.",
    )  # fmt: skip
    depth = click.option(
        "--depth", type=click.Choice(("source", "8", "16")),
        help="Bits a channel of PNG and TIFF; the default: 16 where the photo has more than 8.",
    )  # fmt: skip
    quality = click.option(
        "--quality", type=click.IntRange(1, 100), metavar="N",
        help="Of JPEG and WebP, 1 to 100. Without it JPEGs of JPEGs keep theirs, estimated from the quantization "
        f"tables; else {QUALITY}.",
    )  # fmt: skip
    subsampling = click.option(
        "--subsampling",
        type=click.Choice(("4:4:4", "4:2:2", "4:2:0")),
        help="Of color in JPEG; the default is 4:4:4.",
    )
    progressive = click.option("--progressive", is_flag=True, default=None, help="JPEGs that show coarsely at first.")
    for option in (progressive, subsampling, quality, depth, profile, keep_dates, metadata):
        command = option(command)
    return command


def file_settings(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of `FileSettings` among the options of a command, taken out of them, as far as they are given."""
    settings = {key: given.pop(key) for key in FileSettings.model_fields if key in given}
    depth = settings.get("depth")
    if depth is not None and depth.isdecimal():
        settings["depth"] = int(depth)
    return {key: value for key, value in settings.items() if value is not None}


def order_options(*, preview: str, presets_required: bool = True, files: bool = True) -> Callable[[Command], Command]:
    """INPUT..., -p, --layer, --kernel, --class, --set, --sweep, --size, --seed and --preview, with `files` the options
    of pictures' files, and what else the command has of an `Order`'s fields, passed together as `order`."""
    keys = {*Order.model_fields, "overrides"} - {"set"} - (set() if files else set(FileSettings.model_fields))

    def order(overrides: tuple[str, ...], **options: Any) -> Order:
        return Order.model_validate({"set": overrides, **file_settings(options), **options})

    def decorate(command: Command) -> Command:
        options = [
            click.argument("inputs", metavar="[INPUT]...", nargs=-1),
            click.option(
                "-p", "--preset", "presets", multiple=True, required=presets_required, metavar="PRESET",
                shell_complete=complete_presets,
                help="Name of a preset, as `dreamer presets` lists them, or path of a TOML file. May be repeated.",
            ),
            target_options,
            set_option,
            click.option("--sweep", multiple=True, metavar="KEY=A,B,C",
                         help="Try each of these values; several sweeps make a grid. May be repeated."),
            click.option("--size", type=PictureSize(), help="Longest side of the canvas, or WIDTHxHEIGHT."),
            click.option("--seed", type=click.IntRange(0), help="Start of all random numbers."),
            click.option("--preview", is_flag=True, help=preview),
            *([file_options] if files else []),
        ]  # fmt: skip
        wrapped = collected("order", keys, order)(command)
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


def view_options(command: Command) -> Command:
    """--compare, --growth and --variants, which are fields of an `Order`."""
    compare = click.option(
        "--compare", is_flag=True, help="Write the photo and its dream side by side, too: NAME-compare.png."
    )
    growth = click.option(
        "--growth", metavar="FILM",
        help="Film how each still came to be, octave by octave, too: FILM such as growth.mp4; fields as for pictures.",
    )  # fmt: skip
    variants = click.option(
        "--variants", type=click.IntRange(2, MOST_VARIANTS), metavar="N",
        help="In place of each still, a sheet of N seeds, small, to choose from: NAME-variants.png.",
    )  # fmt: skip
    return compare(growth(variants(command)))


def output_option(default: str, text: str) -> Callable[[Command], Command]:
    """-o/--output TEMPLATE, passed as `output`."""
    return click.option("-o", "--output", default=default, show_default=True, metavar="TEMPLATE", help=text)


def plan_options(command: Command) -> Command:
    """-n and --print-preset, passed together as `only`."""
    dry_run = click.option("-n", "--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
    print_preset = click.option(
        "--print-preset", is_flag=True, help="Print the resolved preset, and where its values come from."
    )
    keys = {field.name for field in fields(PlanOptions)}
    return dry_run(print_preset(collected("only", keys, PlanOptions)(command)))


def run_options(command: Command) -> Command:
    """--device, --precision, --threads, --max-memory, --force, --json and --progress, and --no-recipe where the
    command has it, passed together as `options`."""
    threads = click.option(
        "--threads", type=click.IntRange(1, 1024), metavar="N",
        help="Processor threads for each picture; default: all cores, shared between workers.",
    )  # fmt: skip
    memory = click.option(
        "--max-memory", type=MemorySize(), metavar="SIZE",
        help="Memory that all of this may take, such as 6G; large pictures are then worked on from files on the disk. "
        "Default: what the machine, or its container, has free.",
    )  # fmt: skip
    force = click.option("-f", "--force", is_flag=True, help="Render again what is finished; overwrite any file.")
    keys = {field.name for field in fields(RunOptions)}
    wrapped = collected("options", keys, RunOptions)(command)
    for option in (progress_option, json_option, force, memory, threads, precision_option, device_option):
        wrapped = option(wrapped)
    return wrapped


def no_recipe_option(command: Command) -> Command:
    """--no-recipe."""
    return click.option("--no-recipe", is_flag=True, help="Leave the recipe out of the outputs.")(command)
