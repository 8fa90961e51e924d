"""`dreamer again`: render a picture or film again from the recipe inside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dreamer.cli.job_options import RunOptions, collected, file_options, file_settings, output_option, run_options
from dreamer.cli.options import PRECISIONS, verbosity_options
from dreamer.cli.run_jobs import run_here
from dreamer.cli.running import verbosity
from dreamer.errors import NoInputError
from dreamer.jobs.job import Conditions, FilmSettings, Job, examined, file_digest
from dreamer.jobs.outputs import OutputTemplate, check_outputs, preset_fields
from dreamer.jobs.own_names import with_own_names
from dreamer.jobs.view import parse_view
from dreamer.pictures.settings import FileSettings
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.lookup import is_file
from dreamer.recipes import Recipe, recipe_of
from dreamer.sound.hear import sound_digest

TEMPLATE = "outputs/again/{stem}{suffix}"


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-i", "--input", "photo", type=click.Path(path_type=Path), metavar="PHOTO",
              help="The photo it was made from; otherwise looked for beside FILE, here and in inputs/.")  # fmt: skip
@click.option("--sound", type=click.Path(path_type=Path), metavar="SONG",
              help="The song that it has; otherwise looked for in the same places.")  # fmt: skip
@output_option(
    TEMPLATE,
    "Where they go; {stem}, {name}, {suffix} are those of FILE; also {preset}, {network}, {seed}, {layer}, {kernel}, "
    "{class}.",
)
@file_options
@collected("settings", set(FileSettings.model_fields), lambda **given: file_settings(given))
@run_options
@verbosity_options
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[Path, ...],
    photo: Path | None,
    sound: Path | None,
    output: str,
    settings: dict[str, Any],
    options: RunOptions,
) -> None:
    """Render each FILE, a picture or film that dreamer made, again: the same pixels on the same kind of processor.

    Precision, threads and how a picture's file is made are as they were for FILE, unless options say otherwise.
    """
    plan = []
    for file in files:
        recipe = recipe_of(file)
        _warn_of_other_conditions(file, recipe, options)
        job = _job(file, recipe, photo, sound, output, options)
        plan.append(examined(replace(job, files=recipe.files.model_copy(update=settings))))
    check_outputs(plan, "--output")
    run_here(ctx, plan if options.force else with_own_names(plan), options)


def _job(file: Path, recipe: Recipe, photo: Path | None, sound: Path | None, template: str, options: RunOptions) -> Job:
    preset = _with_song(recipe, file, sound)
    fields = {
        "stem": file.stem,
        "name": file.name,
        "suffix": file.suffix,
        "preset": recipe.preset_name,
        **preset_fields(recipe.preset),
    }
    named = OutputTemplate(template, in_folder=("{name}", "{name}")).filled(fields)
    return Job(
        _find_input(recipe, file, photo) if recipe.input_name else None,
        preset,
        recipe.preset_name,
        named,
        FilmSettings(codec=recipe.facts.get("codec")) if "codec" in recipe.facts else None,
        recipe.preset_name,
        _conditions(recipe, options),
        view=parse_view(recipe.view),
    )


def _conditions(recipe: Recipe, options: RunOptions) -> Conditions:
    """What the pixels were made with; what the command line says goes before that."""
    precision = recipe.facts.get("precision")
    return Conditions(
        precision if options.precision == "auto" and precision in PRECISIONS else None,
        _number(recipe, "threads", 1024) if options.threads is None else None,
        _number(recipe, "together", 64),
    )


def _number(recipe: Recipe, fact: str, largest: int) -> int | None:
    """A whole number from 1 to `largest` among a recipe's facts."""
    text = recipe.facts.get(fact, "")
    return int(text) if text.isdecimal() and 1 <= int(text) <= largest else None


def _warn_of_other_conditions(file: Path, recipe: Recipe, options: RunOptions) -> None:
    """Say what is different here, so that the pixels may be, too."""
    import torch

    from dreamer.devices import choose_device, processor_name

    here = {"processor": processor_name(choose_device(options.device).device), "torch": torch.__version__}
    other = [
        f"{fact} {recipe.facts[fact]} (here {value})"
        for fact, value in here.items()
        if recipe.facts.get(fact, value) != value
    ]
    if other and verbosity() >= 0:
        click.echo(f"{file}: the pixels may differ slightly; it was made with {', '.join(other)}", err=True)


def _find_input(recipe: Recipe, file: Path, photo: Path | None) -> Path:
    """The photo of a recipe, identified by its digest."""
    if photo is not None:
        if recipe.input_digest and file_digest(photo) != recipe.input_digest:
            raise NoInputError(
                f"is not the photo that {file.name} was made from",
                where=str(photo),
                remedy=f"Its name was {recipe.input_name}; `dreamer recipe {file}` prints a preset for any photo.",
            )
        return photo
    for candidate in _candidates(recipe.input_name, file):
        if is_file(candidate) and file_digest(candidate) == recipe.input_digest:
            return candidate
    raise NoInputError(
        f"its photo {recipe.input_name!r} is not beside it, not here and not in inputs/",
        where=str(file),
        remedy="Name it with --input PHOTO.",
    )


def _with_song(recipe: Recipe, file: Path, given: Path | None) -> Preset:
    """The recipe's preset with the path of its song, identified by its digest."""
    animation, wanted = recipe.preset.animation, recipe.facts.get("song")
    if animation is None or animation.song is None:
        return recipe.preset
    for candidate in [given] if given is not None else _candidates(animation.song, file):
        if is_file(candidate) and wanted in (None, sound_digest(candidate)):
            song = animation.model_copy(update={"song": str(candidate)})
            return recipe.preset.model_copy(update={"animation": song})
    if given is not None:
        raise NoInputError(
            f"is not the song of {file.name}", where=str(given), remedy=f"Its name was {animation.song}."
        )
    raise NoInputError(
        f"its song {animation.song!r} is not beside it, not here and not in inputs/",
        where=str(file),
        remedy="Name it with --sound SONG.",
    )


def _candidates(name: str, file: Path) -> Iterator[Path]:
    for folder in (file.parent, Path(), Path("inputs"), Path(__file__).parents[2] / "inputs"):
        yield folder / Path(name).name
