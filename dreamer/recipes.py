"""The recipe inside every picture and film: enough to render it again, and nothing about the person who did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from dreamer.bounded import parse_json
from dreamer.errors import FilmError, PictureError, PresetError
from dreamer.film.codecs import TAGGED_SUFFIXES
from dreamer.film.recipes import folder_recipe
from dreamer.pictures.recipes import read_recipe
from dreamer.pictures.settings import DEFAULT_SETTINGS, FileSettings
from dreamer.presets.dump import to_json
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.load import preset_from_tree
from dreamer.presets.source.named_files import portable_paths
from dreamer.texts import escaped_name, json_line, unescaped_name


@dataclass(frozen=True)
class Recipe:
    """What made a picture. `key` identifies the job; `input_name` and `input_digest` are empty without a photo.

    `files`: how the picture's file was made. `view`: what it shows of the dream where it is not the dream itself, such
    as "variants 6". `facts` hold what may explain a difference: the network's digest, device
    and why, precision, torch's version.
    """

    key: str
    preset: Preset
    preset_name: str
    input_name: str = ""
    input_digest: str = ""
    version: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    files: FileSettings = DEFAULT_SETTINGS
    view: str = ""

    def to_json(self) -> str:
        """Compact JSON for embedding; paths in the preset are made portable."""
        tree = {
            "dreamer": self.version,
            "key": self.key,
            "preset": json.loads(to_json(portable_paths(self.preset))),
            "preset_name": escaped_name(self.preset_name),
            "input": {"name": escaped_name(self.input_name), "sha256": self.input_digest} if self.input_name else None,
            "file": self.files.model_dump(mode="json", exclude_defaults=True),
            "view": self.view,
            "facts": dict(self.facts),
        }
        return json_line({k: v for k, v in tree.items() if v}, separators=(",", ":"))


class _Input(BaseModel):
    """The photo in a recipe's JSON. `name` is a file's own, no path."""

    name: str = Field(default="", max_length=1020, pattern=r"^[^/\x00]*$")
    sha256: str = Field(default="", max_length=64)


class _Tree(BaseModel):
    """A recipe's JSON: the contract with every picture that there is, and with those that were tampered with."""

    key: str = Field(max_length=64)
    preset: dict[str, Any]
    preset_name: str = Field(default="recipe", max_length=255)
    input: _Input | None = None
    dreamer: str = Field(default="", max_length=64)
    facts: dict[str, Annotated[str, Field(max_length=1000)]] = Field({}, max_length=100)
    file: FileSettings = DEFAULT_SETTINGS
    view: str = Field(default="", pattern=r"^(compare|growth|variants [1-9][0-9]?)?$")


def parse_recipe(text: str, *, where: str) -> Recipe:
    """The recipe that `Recipe.to_json` wrote. Raises PictureError for other text, PresetError for an invalid preset."""
    try:
        tree = _Tree.model_validate(parse_json(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise PictureError(f"its recipe is damaged: {key}: {first['msg']}", where=where) from error
    except ValueError as error:
        raise PictureError(f"its recipe is damaged: {error}", where=where) from error
    source = tree.input or _Input()
    preset = preset_from_tree(tree.preset, where=where)
    return Recipe(
        tree.key,
        preset,
        unescaped_name(tree.preset_name),
        unescaped_name(source.name),
        source.sha256,
        tree.dreamer,
        tree.facts,
        tree.file,
        tree.view,
    )


def recipe_of(path: Path) -> Recipe:
    """The recipe inside a picture or film, or in a film's folder of frames.

    Raises PictureError where there is none, FilmError for a broken film, PresetError for a preset that is not valid
    in this version.
    """
    text = _text_of(path)
    if text is None:
        raise PictureError("holds no recipe", where=str(path), remedy="Only what dreamer wrote has one.")
    return parse_recipe(text, where=str(path))


def _text_of(path: Path) -> str | None:
    if path.is_dir():
        return folder_recipe(path)
    if path.suffix.lower() not in TAGGED_SUFFIXES:  # others keep their recipes as pictures do
        return read_recipe(path)
    from dreamer.film.probe import film_recipe  # needs ffmpeg, which pictures do without

    return film_recipe(path)


def read_own_recipe(path: Path) -> Recipe | None:
    """The recipe inside a file, or None where dreamer did not write it, or wrote it in a way that is unknown here.

    Raises PictureError or FilmError where the system refuses to read it: it may be dreamer's.
    """
    try:
        return recipe_of(path)
    except (PictureError, FilmError, PresetError) as error:
        if error.refused:
            raise
        return None
