"""Options and reports that the commands of `dreamer inspect` share. Nothing here imports torch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dreamer.cli.options import complete_networks, device_option, json_option
from dreamer.errors import NoInputError, PictureError
from dreamer.texts import harmless, json_line

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from dreamer.inspection.photos import Photo
    from dreamer.networks import Network
    from dreamer.presets.model.schema import NetworkChoice

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class ChosenNetwork:
    """The network that a command line chooses."""

    name: str
    weights: str
    labels: str | None
    device: str

    def open(self, precision: str = "float32", *, negative_slope: float = 0.0) -> Network:
        """Load it; by default in float32, because its numbers matter more than speed."""
        from dreamer.networks import load_network

        return load_network(self.choice(negative_slope), device=self.device, precision=precision)

    def choice(self, negative_slope: float = 0.0) -> NetworkChoice:
        """It as a preset's `[network]` table."""
        from dreamer.presets.model.schema import NetworkChoice

        return NetworkChoice(name=self.name, weights=self.weights, labels=self.labels, negative_slope=negative_slope)


@dataclass(frozen=True)
class Output:
    """Where a tool's picture and numbers go."""

    path: Path
    npz: Path | None
    as_json: bool

    def report(
        self,
        facts: Mapping[str, object],
        lines: list[str],
        *,
        image: Image | Sequence[Image],
        arrays: Mapping[str, np.ndarray],
    ) -> None:
        """Write the picture and the numbers, and print `lines`, or `facts` as JSON, with the files' names.

        Of a picture of several pages the second is beside the first, as NAME-2. Raises OutputError where a file cannot
        be written.
        """
        from dreamer.drawing.save import save_drawing

        pages = image if isinstance(image, Sequence) else [image]
        paths = [self.path, *(self.path.with_stem(f"{self.path.stem}-{page}") for page in range(2, len(pages) + 1))]
        for page, path in zip(pages, paths, strict=True):
            save_drawing(page, path)
        if self.npz is not None:
            save_arrays(arrays, self.npz)
            paths.append(self.npz)
        written = [str(path) for path in paths]
        if self.as_json:
            click.echo(json_line({**facts, "files": written}))
            return
        for line in [*lines, *written]:
            click.echo(harmless(line))


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
    labels = click.option(
        "--labels", metavar="FILE", help="File of class names, one per line, for weights of your own."
    )
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
            help="Also write the numbers as NumPy arrays.",
        )  # fmt: skip
        return path(numbers(json_option(together)))  # type: ignore[return-value]

    return decorate


def size_option(default: int) -> Callable[[Command], Command]:
    """--size, passed as `size`: the longest side of the photo as the network gets it."""
    return click.option(
        "--size", default=default, show_default=True, type=click.IntRange(32, 2048), metavar="PX",
        help="Longest side of the photo as the network gets it.",
    )  # fmt: skip


def photo_argument(command: Command) -> Command:
    """PHOTO, passed as `photo`."""
    return click.argument("photo", metavar="PHOTO", type=click.Path(path_type=Path))(command)


def target_lines(layer: str, kernel: int) -> str:
    """The lines of a preset that dream a kernel."""
    return f'[[targets]]\nlayer = "{layer}"\nkernels = [{kernel}]'


def open_folder(folder: Path, size: int, *, at_most: int | None = None) -> list[Photo]:
    """The pictures in a folder and below, at most `size` px each; unreadable ones are skipped with a warning.

    Of more than `at_most` as many of each folder as there can be, and a line that says so. Raises NoInputError where
    there is none.
    """
    from dreamer.inspection.photos import read_photo
    from dreamer.inspection.sampling import evenly_sampled
    from dreamer.jobs.inputs import find_inputs

    photos = []
    paths = [item.source for item in find_inputs([str(folder)]) if item.source is not None]
    if at_most is not None and len(paths) > at_most:
        folders = [path.parent for path in paths]
        each = f", evenly over {len(set(folders))} folders" if len(set(folders)) > 1 else ", evenly spaced by name"
        click.echo(f"{at_most} of {len(paths)} pictures{each}; --limit takes more", err=True)
        paths = [paths[number] for number in evenly_sampled(folders, at_most)]
    for path in paths:
        try:
            photos.append(read_photo(path, size=size))
        except PictureError as error:
            click.echo(f"skipped: {error}", err=True)
    if not photos:
        raise NoInputError("no picture in it can be read", where=str(folder))
    return photos


def save_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write arrays by name as .npz. Raises OutputError."""
    import numpy as np

    from dreamer.atomic import atomic_write

    with atomic_write(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
