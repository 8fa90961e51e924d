"""What is asked for: by a command line, or by a jobs file for what a command line cannot say.

output = "holiday"

[[jobs]]
inputs = ["photos/beach", "photos/*.png"]
presets = ["deep-dream", "flock"]
layer = "inception4c"
kernel = [12, 77]
set = ["octaves.count=5"]
sweep = ["fidelity=0,0.3"]

[[jobs]]
inputs = ["noise"]
presets = ["spectral"]
size = [1280, 720]
seed = 3
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, ValidationError

from dreamer.errors import PresetError
from dreamer.jobs.inputs import NOISE
from dreamer.jobs.view import MOST_VARIANTS
from dreamer.pictures.settings import FileSettings
from dreamer.presets.model.diagnostics import diagnostics_in
from dreamer.presets.model.fields import Kernels, Names, Table, described
from dreamer.presets.source.lookup import SUFFIX, is_path
from dreamer.presets.source.toml_files import read_toml

Side = Annotated[int, Field(ge=16, le=65536)]
PictureFormat = Literal["png", "jpg", "webp", "tif", "exr"]
FilmFormat = Literal["mp4", "mov", "gif", "webp", "apng"]
BATCH_TEMPLATE = "{variant}/{path}"


class Order(FileSettings):
    """Some inputs by some presets."""

    inputs: tuple[str, ...] = described((), "files, folders, patterns, or noise; none: the presets need no photo")
    presets: tuple[str, ...] = described((), "names or paths of presets")
    layer: Names | None = described(None, "layer of the first target, or a list of them")
    kernel: Kernels | None = described(None, "kernels of the first target")
    class_: str | None = Field(None, alias="class", description="class of the first target, in place of a layer")
    set: tuple[str, ...] = described((), "values of the presets to change, such as octaves.count=6")
    sweep: tuple[str, ...] = described((), "values to try, such as octaves.scale=1.2,1.4")
    include: tuple[str, ...] = described((), "patterns of which a picture of a folder must match one")
    exclude: tuple[str, ...] = described((), "patterns of which it must match none")
    template: str = Field(
        BATCH_TEMPLATE,
        validation_alias=AliasChoices("template", "place"),
        description="where outputs go below the batch's folder, without the suffix",
    )
    format: PictureFormat = described("png", "suffix of the pictures")
    film_format: FilmFormat = described("mp4", "suffix of the films")
    size: Side | tuple[Side, Side] | None = described(None, "longest side, or [width, height], in px")
    seed: int | None = described(None, "start of all random numbers", ge=0)
    preview: bool = described(False, "the same look at a quarter of the area")
    compare: bool = described(False, "write the photo beside each dream, too")
    growth: str | None = described(None, "where a film of how each still came to be goes, with its suffix")
    variants: int | None = described(
        None, "a sheet of this many seeds in place of each still, small, to choose from", ge=2, le=MOST_VARIANTS
    )

    @property
    def files(self) -> FileSettings:
        """How pictures' files are made."""
        return FileSettings(**{key: getattr(self, key) for key in FileSettings.model_fields})


class FileOrder(Order):
    """An order in a jobs file, which leaves neither inputs nor presets out."""

    inputs: tuple[str, ...] = Field(min_length=1, description="files, folders, patterns, or noise")
    presets: tuple[str, ...] = Field(min_length=1, description="names or paths of presets")


class JobsFile(Table):
    """A jobs file."""

    output: str | None = described(None, "the batch's folder")
    jobs: tuple[FileOrder, ...] = Field(min_length=1, description="what is to be done")


def read_jobs_file(path: Path) -> JobsFile:
    """The orders in a TOML file; relative inputs, presets and output start at its folder.

    Raises PresetError with every mistake and its place.
    """
    layer = read_toml(path)
    try:
        found = JobsFile.model_validate(layer.tree)
    except ValidationError as error:
        raise PresetError(layer.located(diagnostics_in(error, layer.tree, JobsFile), str(path))) from error
    orders = tuple(_anchored(order, path.parent) for order in found.jobs)
    output = None if found.output is None else str(path.parent / found.output)
    return found.model_copy(update={"jobs": orders, "output": output})


def _anchored(order: FileOrder, folder: Path) -> FileOrder:
    inputs = tuple(text if text == NOISE else str(folder / text) for text in order.inputs)
    presets = tuple(str(folder / text) if is_path(text, SUFFIX) else text for text in order.presets)
    return order.model_copy(update={"inputs": inputs, "presets": presets})
