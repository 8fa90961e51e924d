"""Options and ways of reporting that the commands of `dreamer inspect` share. Nothing here imports torch."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dreamer.cli.options import complete_networks, device_option, json_option
from dreamer.errors import NoInputError, OutputError, PictureError

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from torch import Tensor

    from dreamer.networks import Network
    from dreamer.presets.model.schema import NetworkChoice

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class ChosenNetwork:
    """What the command line says of the network."""

    name: str
    weights: str
    labels: str | None
    device: str

    def open(self, precision: str = "float32", *, negative_slope: float = 0.0) -> Network:
        """Load it; as a rule in float32, for its numbers are to be trusted rather than fast."""
        from dreamer.networks import load_network

        return load_network(self.choice(negative_slope), device=self.device, precision=precision)

    def choice(self, negative_slope: float = 0.0) -> NetworkChoice:
        """It as a preset's network table."""
        from dreamer.presets.model.schema import NetworkChoice

        return NetworkChoice(name=self.name, weights=self.weights, labels=self.labels, negative_slope=negative_slope)


@dataclass(frozen=True)
class Output:
    """Where a tool's picture and numbers go."""

    path: Path
    npz: Path | None
    as_json: bool

    def report(
        self, facts: Mapping[str, object], lines: list[str], *, image: Image, arrays: Mapping[str, np.ndarray]
    ) -> None:
        """Write the picture and the numbers, and say what was found: `lines` for a person, or `facts` as JSON.

        Raises OutputError where a file cannot be written.
        """
        save_image(image, self.path)
        if self.npz is not None:
            save_arrays(arrays, self.npz)
        written = [str(path) for path in (self.path, self.npz) if path is not None]
        if self.as_json:
            click.echo(json.dumps({**facts, "files": written}, ensure_ascii=False))
            return
        for line in [*lines, *written]:
            click.echo(line)


def network_options(command: Command) -> Command:
    """--network, --weights, --labels and --device, passed together as `network`: a ChosenNetwork."""

    @functools.wraps(command)
    def together(*args: Any, network: str, weights: str, labels: str | None, device: str, **rest: Any) -> Any:
        return command(*args, network=ChosenNetwork(network, weights, labels, device), **rest)

    name = click.option(
        "--network", default="pocket", show_default=True, metavar="NAME", shell_complete=complete_networks,
        help="A name that `dreamer networks` lists, or the path of a trained pocket network.",
    )  # fmt: skip
    weights = click.option(
        "--weights", default="default", show_default=True, metavar="FILE",
        help='"default", "random", or a state dict of that network (.pth, .safetensors).',
    )  # fmt: skip
    labels = click.option("--labels", metavar="FILE", help="Class names, one a line, for weights of your own.")
    return name(weights(labels(device_option(together))))  # type: ignore[return-value]


def output_options(default: str) -> Callable[[Command], Command]:
    """-o/--output, --npz and --json, passed together as `out`: an Output."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def together(*args: Any, output: Path, npz: Path | None, as_json: bool, **rest: Any) -> Any:
            return command(*args, out=Output(output, npz, as_json), **rest)

        path = click.option(
            "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=default, show_default=True,
            metavar="FILE", help="The picture to write.",
        )  # fmt: skip
        numbers = click.option(
            "--npz", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
            help="Write the numbers as NumPy arrays, too.",
        )  # fmt: skip
        return path(numbers(json_option(together)))  # type: ignore[return-value]

    return decorate


def size_option(default: int) -> Callable[[Command], Command]:
    """--size, passed as `size`: the longest side at which the network looks."""
    return click.option(
        "--size", default=default, show_default=True, type=click.IntRange(32, 2048), metavar="PX",
        help="Longest side at which the network looks.",
    )  # fmt: skip


def photo_argument(command: Command) -> Command:
    """PHOTO, passed as `photo`."""
    return click.argument("photo", metavar="PHOTO", type=click.Path(path_type=Path))(command)


def target_lines(layer: str, kernel: int) -> str:
    """The lines of a preset that dream a kernel."""
    return f'[[targets]]\nlayer = "{layer}"\nkernels = [{kernel}]'


def open_photo(path: Path, network: Network, size: int | None = None) -> Tensor:
    """A photo as (1, 3, H, W) float32 in [0, 1] on the network's device, at most `size` px on its longest side."""
    from dreamer.dreaming.filters import resized
    from dreamer.pictures import read_picture

    pixels = read_picture(path).pixels.unsqueeze(0)
    height, width = pixels.shape[-2:]
    if size is not None and max(height, width) > size:
        factor = size / max(height, width)
        pixels = resized(pixels, max(1, round(height * factor)), max(1, round(width * factor))).clamp(0, 1)
    return pixels.to(network.device)


def open_folder(folder: Path, size: int, *, at_most: int | None = None) -> list[tuple[Path, Tensor]]:
    """The pictures in a folder and below, each (1, 3, h, w) at most `size` px; broken ones are skipped with a warning.

    Raises NoInputError where there is none.
    """
    from dreamer.dreaming.filters import resized
    from dreamer.jobs.inputs import find_inputs
    from dreamer.pictures import read_picture

    found = []
    for each in find_inputs([str(folder)])[:at_most]:
        if each.source is None:
            continue
        try:
            pixels = read_picture(each.source).pixels.unsqueeze(0)
        except PictureError as error:
            click.echo(f"skipped: {error}", err=True)
            continue
        factor = min(1.0, size / max(pixels.shape[-2:]))
        height, width = (max(1, round(side * factor)) for side in pixels.shape[-2:])
        found.append((each.source, resized(pixels, height, width).clamp(0, 1)))
    if not found:
        raise NoInputError("no picture in it can be read", where=str(folder))
    return found


def save_image(image: Image, path: Path) -> None:
    """Write a drawing by the suffix of `path`, whole or not at all. Raises OutputError."""
    from dreamer.pictures import output_format

    kind = output_format(path)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(part, kind)
        part.replace(path)
    except (OSError, ValueError) as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"cannot be written: {error}", where=str(path)) from error


def save_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write arrays by name as .npz. Raises OutputError."""
    import numpy as np

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=str(path)) from error
