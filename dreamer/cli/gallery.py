"""`dreamer gallery`: a page of everything in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.running import FAILED
from dreamer.errors import DreamerError, NoInputError
from dreamer.jobs.inputs import no_such_input
from dreamer.jobs.journal import Journal

if TYPE_CHECKING:
    from dreamer.gallery.item import Item


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="The page to write.  [default: FOLDER/index.html]")  # fmt: skip
@click.option("--title", metavar="TEXT", help="The title of the page; default: the folder's name.")
@click.option("--inputs", multiple=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="A folder with the photos, to show before and after. May be repeated.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, folder: Path, output: Path | None, title: str | None, inputs: tuple[Path, ...]) -> None:
    """Write a page to browse all pictures and films in FOLDER that dreamer made, from the recipes inside them.

    It needs no server: open it in a browser. Its small pictures are in a folder beside it.
    """
    from dreamer.gallery.page import write_gallery
    from dreamer.jobs.claims import claimed

    if not folder.is_dir():
        raise no_such_input(str(folder))
    items = gallery_items(folder, Journal(folder), inputs)
    if not items:
        raise NoInputError(
            "holds nothing that dreamer made", where=str(folder), remedy="Only files with a recipe inside are shown."
        )
    path = output or folder / "index.html"
    with claimed(path):
        unshown = write_gallery(items, path, title=title or folder.resolve().name)
    click.echo(str(path))
    if tell_unshown(unshown):
        ctx.exit(FAILED)


def tell_unshown(unshown: Sequence[DreamerError]) -> bool:
    """Say on stderr what a page does not show; whether there is anything."""
    for mistake in unshown:
        click.echo(f"cannot be shown: {mistake}", err=True)
    return bool(unshown)


def gallery_items(folder: Path, journal: Journal, inputs: Sequence[Path]) -> list[Item]:
    """What dreamer made in `folder`, with the failures in its journal; `inputs`: folders with the photos."""
    from dreamer.gallery.collect import collect_items
    from dreamer.gallery.item import Outcome

    outcomes = [
        Outcome(Path(entry.output), entry.preset, entry.input, entry.error if entry.state == "failed" else "")
        for entry in journal.entries()
    ]
    return list(collect_items(folder, inputs, outcomes))
