"""`dreamer sheet`: labelled contact sheets."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import save_image
from dreamer.drawing.sheets import Tile, contact_sheet
from dreamer.errors import NoInputError

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
    from PIL import Image

    from dreamer.gallery.thumbnails import show_small
    from dreamer.jobs.batch.finding import find_batch_inputs

    tiles, skipped = [], 0
    for each in find_batch_inputs([text for text in inputs if text != "noise"] or list(inputs)):
        if each.path is None:
            continue
        image: Image.Image | None = show_small(each.path, side)
        if image is None:
            click.echo(f"skipped, for it cannot be shown: {each.path}", err=True)
            skipped += 1
            continue
        tiles.append(Tile(image, _label(each.path, label)))
    if not tiles:
        raise NoInputError("none of the pictures can be shown", where=" ".join(inputs))
    save_image(contact_sheet(tiles, columns=columns, side=side, title=title), output)
    click.echo(str(output))
    if skipped:
        ctx.exit(1)


def _label(path: Path, label: str) -> str:
    from dreamer.recipes import read_own_recipe

    recipe = read_own_recipe(path) if label in ("preset", "both") else None
    preset = recipe.preset_name if recipe else ""
    parts = {"name": [path.name], "preset": [preset], "both": [path.name, preset], "none": []}[label]
    return "\n".join(part for part in parts if part)
