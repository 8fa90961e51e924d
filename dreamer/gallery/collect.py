"""Finished jobs as a gallery: from the recipes inside files, and from a batch's journal for what failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dreamer.errors import FilmError, PictureError
from dreamer.film.codecs import is_film
from dreamer.film.probe import probe
from dreamer.gallery.item import Item
from dreamer.jobs.batch.journal import FOLDER, Journal
from dreamer.pictures.names import is_picture_name, natural_order
from dreamer.pictures.open import picture_size
from dreamer.presets.dump import to_toml
from dreamer.recipes import Recipe, read_own_recipe

_MOVING = {".gif", ".apng"}


def items_in(folder: Path, inputs: Sequence[Path] = ()) -> Iterator[Item]:
    """What dreamer made in a folder and below, and what its journal says has failed.

    The photos are looked for where the journal says they are, in `inputs`, and beside the folder.
    """
    journal = Journal(folder)
    entries = {Path(entry.output).resolve(): entry for entry in journal.entries()}
    seen: set[Path] = set()
    for path in _files(folder):
        recipe = read_own_recipe(path)
        if recipe is None:
            continue
        entry = entries.get(path.resolve())
        known = [Path(entry.input)] if entry is not None and entry.input else []
        seen.add(path.resolve())
        yield made_item(path, recipe, [*known, *_places(recipe, folder, inputs)], entry.preset if entry else "")
    for place, entry in entries.items():
        if entry.state == "failed" and place not in seen:
            yield Item(Path(entry.output), "still", entry.preset, Path(entry.input).name, failed=entry.error)


def made_item(path: Path, recipe: Recipe, photos: Iterable[Path], preset: str = "") -> Item:
    """The item of a file with its recipe; the first of `photos` that is there is what it was dreamt over."""
    height, width = _size(path)
    before = next((photo for photo in photos if photo.is_file() and not is_film(photo)), None)
    film = is_film(path) or path.suffix.lower() in _MOVING or recipe.preset.animation is not None
    return Item(
        path,
        "film" if film else "still",
        preset or recipe.preset_name,
        recipe.input_name or recipe.preset.canvas.start,
        before,
        to_toml(recipe.preset),
        recipe.preset.network.name,
        recipe.preset.seed,
        width,
        height,
        path.stat().st_mtime,
    )


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*"), key=natural_order):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part.endswith(("_files", ".frames")) for part in inside)
        wanted = is_picture_name(path) or is_film(path) or path.suffix.lower() in _MOVING
        if wanted and not hidden and FOLDER not in inside and path.is_file():
            yield path


def _places(recipe: Recipe, folder: Path, inputs: Sequence[Path]) -> Iterator[Path]:
    if recipe.input_name:
        for place in (*inputs, folder, folder.parent, Path(), Path("inputs")):
            yield place / Path(recipe.input_name).name


def _size(path: Path) -> tuple[int, int]:
    """(height, width) in px as shown; zeros where the file cannot be read."""
    try:
        if not is_film(path):
            return picture_size(path)
        facts = probe(path)
        return facts.height, facts.width
    except (PictureError, FilmError):
        return 0, 0
