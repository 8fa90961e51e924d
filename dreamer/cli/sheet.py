"""`dreamer sheet`: labelled contact sheets."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.drawing.save import save_drawing
from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.errors import FilmError, NoInputError, PictureError

LABELS = ("name", "preset", "both", "none")


@click.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default="outputs/sheet.png", show_default=True,
              metavar="FILE", help="The picture to write: .png, .jpg, .webp or .tif.")  # fmt: skip
@click.option("--columns", type=click.IntRange(1, 200), metavar="N", help="Pictures in a row; default: about 3 : 2.")
@click.option("--side", type=click.IntRange(32, 2048), default=240, show_default=True, metavar="PX",
              help="Longest side of each picture.")  # fmt: skip
@click.option("--label", type=click.Choice(LABELS), default="name", show_default=True, help="What is written below.")
@click.option("--title", default="", metavar="TEXT", help="A line at the top.")
@click.pass_context
def command(
    ctx: click.Context,
    inputs: tuple[str, ...],
    output: Path,
    columns: int | None,
    side: int,
    label: str,
    title: str,
) -> None:
    """Put pictures, folders of pictures and first frames of films on one labelled sheet."""
    from dreamer.jobs.inputs import find_inputs

    paths = [named.source for named in find_inputs(inputs) if named.source is not None]
    shown = []
    for path in paths:
        try:
            shown.append(_tile(path, side, label))
        except (PictureError, FilmError) as error:
            click.echo(f"skipped: {error}", err=True)
    if not shown:
        raise NoInputError("none of the pictures can be shown", where=" ".join(inputs))
    save_drawing(contact_sheet(shown, columns=columns, side=side, title=title), output)
    click.echo(str(output))
    if len(shown) < len(paths):
        ctx.exit(1)


def _tile(path: Path, side: int, label: str) -> SheetTile:
    from dreamer.gallery.thumbnails import show_small

    return SheetTile(show_small(path, side), _label(path, label))


def _label(path: Path, label: str) -> str:
    from dreamer.recipes import read_own_recipe

    recipe = read_own_recipe(path) if label in ("preset", "both") else None
    preset = recipe.preset_name if recipe else ""
    parts = {"name": [path.name], "preset": [preset], "both": [path.name, preset], "none": []}[label]
    return "\n".join(part for part in parts if part)
