"""`dreamer again`: render a picture or film again from the recipe inside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from dreamer.cli.options import device_option, json_option, precision_option, progress_option, verbosity_options
from dreamer.cli.render import run
from dreamer.errors import NoInputError
from dreamer.jobs.planning import FilmSettings, Job, file_digest, plan_jobs
from dreamer.recipes import Recipe, recipe_of

DEFAULT_TEMPLATE = "outputs/again/{stem}{suffix}"


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-i", "--input", "photo", type=click.Path(path_type=Path), metavar="PHOTO",
              help="The photo it was made from; otherwise looked for beside FILE, here and in inputs/.")  # fmt: skip
@click.option("-o", "--output", "template", default=DEFAULT_TEMPLATE, show_default=True, metavar="TEMPLATE",
              help="Where they go; {stem}, {name} and {suffix} are those of FILE.")  # fmt: skip
@device_option
@precision_option
@click.option("-f", "--force", is_flag=True, help="Overwrite any file.")
@json_option
@progress_option
@verbosity_options
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[Path, ...],
    photo: Path | None,
    template: str,
    device: str,
    precision: str,
    force: bool,
    as_json: bool,
    progress: str,
) -> None:
    """Render each FILE, a picture or film that dreamer made, again: the same pixels on the same machine."""
    jobs = [_job(file, photo, template) for file in files]
    run(ctx, jobs, device=device, precision=precision, force=force, with_recipe=True, as_json=as_json,
        progress=progress)  # fmt: skip


def _job(file: Path, photo: Path | None, template: str) -> Job:
    recipe = recipe_of(file)
    source = _find_input(recipe, file, photo) if recipe.input_name else None
    film = FilmSettings(codec=recipe.facts.get("codec")) if "codec" in recipe.facts else None
    named = template.replace("{stem}", file.stem).replace("{name}", file.name).replace("{suffix}", file.suffix)
    (job,) = plan_jobs([source], [(recipe.preset_name, recipe.preset)], named)
    return replace(job, film=film)


def _find_input(recipe: Recipe, file: Path, photo: Path | None) -> Path:
    """The photo of a recipe, told by its digest."""
    if photo is not None:
        if recipe.input_digest and file_digest(photo) != recipe.input_digest:
            raise NoInputError(
                f"is not the photo that {file.name} was made from",
                where=str(photo),
                remedy=f"Its name was {recipe.input_name}; `dreamer recipe {file}` prints a preset for any photo.",
            )
        return photo
    for candidate in _places(recipe.input_name, file):
        if candidate.is_file() and file_digest(candidate) == recipe.input_digest:
            return candidate
    raise NoInputError(
        f"its photo {recipe.input_name!r} is not beside it, not here and not in inputs/",
        where=str(file),
        remedy="Name it with --input PHOTO.",
    )


def _places(name: str, file: Path) -> Iterator[Path]:
    for folder in (file.parent, Path(), Path("inputs"), Path(__file__).parents[2] / "inputs"):
        yield folder / Path(name).name
