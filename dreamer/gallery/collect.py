"""What dreamer made in a folder as items of a gallery: from the recipes inside files, and the outcomes of jobs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dreamer.errors import FilmError, PictureError
from dreamer.film.codecs import is_film
from dreamer.film.probe import probe
from dreamer.gallery.item import Item, Outcome
from dreamer.pictures.names import is_picture_name, is_side_folder, natural_order
from dreamer.pictures.open import picture_size
from dreamer.presets.dump import to_toml
from dreamer.recipes import Recipe, read_own_recipe

_MOVING = {".gif", ".apng"}


def collect_items(folder: Path, inputs: Sequence[Path] = (), outcomes: Iterable[Outcome] = ()) -> Iterator[Item]:
    """What dreamer made in a folder and below, by name; then what failed according to `outcomes`.

    What the system refuses to read may be dreamer's, and is an item that says so.

    The photos are looked for where `outcomes` say that they are, in the folders `inputs`, and beside `folder`.
    """
    known = {outcome.output.resolve(): outcome for outcome in outcomes}
    for path in _files(folder):
        try:
            recipe = read_own_recipe(path)
            size = _size(path) if recipe is not None else (0, 0)
        except (PictureError, FilmError) as error:
            yield Item(path, "still", "", "", unread=error)
            continue
        if recipe is not None:
            outcome = known.pop(path.resolve(), None)
            photos = [Path(outcome.input)] if outcome is not None and outcome.input else []
            photos += _likely_photos(recipe, folder, inputs)
            yield _item(path, recipe, size, photos, outcome.preset if outcome is not None else "")
    for outcome in known.values():
        if outcome.failed:
            yield Item(outcome.output, "still", outcome.preset, Path(outcome.input).name, failed=outcome.failed)


def _item(path: Path, recipe: Recipe, size: tuple[int, int], photos: Iterable[Path], preset: str) -> Item:
    """The item of a file with its recipe; the first of `photos` that is there is what it was dreamt over."""
    film = is_film(path) or path.suffix.lower() in _MOVING or recipe.preset.animation is not None
    return Item(
        path,
        kind="film" if film else "still",
        preset=preset or recipe.preset_name,
        input=recipe.input_name or recipe.preset.canvas.start,
        before=next((photo for photo in photos if photo.is_file() and not is_film(photo)), None),
        recipe=to_toml(recipe.preset),
        network=recipe.preset.network.name,
        seed=recipe.preset.seed,
        width=size[1],
        height=size[0],
        time=path.stat().st_mtime,
    )


def _files(root: Path) -> list[Path]:
    """The pictures and films in a folder and below, in natural order of their names."""
    paths = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not is_side_folder(name, names)]
        paths += [Path(folder, name) for name in names]
    return sorted((path for path in paths if _is_output(path) and path.is_file()), key=natural_order)


def _is_output(path: Path) -> bool:
    moving = is_film(path) or path.suffix.lower() in _MOVING
    return is_picture_name(path) or (moving and not path.name.startswith("."))


def _likely_photos(recipe: Recipe, folder: Path, inputs: Sequence[Path]) -> list[Path]:
    if not recipe.input_name:
        return []
    return [place / Path(recipe.input_name).name for place in (*inputs, folder, folder.parent, Path(), Path("inputs"))]


def _size(path: Path) -> tuple[int, int]:
    """(height, width) in px as shown; zeros where the file is damaged. Raises as `read_own_recipe` does."""
    try:
        if not is_film(path):
            return picture_size(path)
        facts = probe(path)
        return facts.height, facts.width
    except (PictureError, FilmError) as error:
        if error.refused:
            raise
        return 0, 0
