"""The recipe inside every picture and film: enough to render it again, and nothing about the person who did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dreamer.errors import FilmError, PictureError, PresetError
from dreamer.film.codecs import TAGGED_SUFFIXES
from dreamer.pictures.recipes import read_recipe
from dreamer.presets.dump import from_json, to_json
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.named_files import portable_paths

# Other containers keep their recipes as pictures do.


@dataclass(frozen=True)
class Recipe:
    """What made a picture. `key` identifies the job; `input_name` and `input_digest` are empty without a photo.

    `facts` hold what may explain a difference: the network's digest, device and why, precision, torch's version.
    """

    key: str
    preset: Preset
    preset_name: str
    input_name: str = ""
    input_digest: str = ""
    version: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Compact JSON for embedding; paths in the preset are made portable."""
        tree = {
            "dreamer": self.version,
            "key": self.key,
            "preset": json.loads(to_json(portable_paths(self.preset))),
            "preset_name": self.preset_name,
            "input": {"name": self.input_name, "sha256": self.input_digest} if self.input_name else None,
            "facts": dict(self.facts),
        }
        return json.dumps({k: v for k, v in tree.items() if v}, ensure_ascii=False, separators=(",", ":"))


def parse_recipe(text: str, *, where: str) -> Recipe:
    """The recipe that `Recipe.to_json` wrote. Raises PictureError for other text, PresetError for an invalid preset."""
    try:
        tree = json.loads(text)
        preset = from_json(json.dumps(tree["preset"]), where=where)
        source = tree.get("input") or {}
        return Recipe(
            tree["key"],
            preset,
            tree.get("preset_name", "recipe"),
            source.get("name", ""),
            source.get("sha256", ""),
            tree.get("dreamer", ""),
            tree.get("facts", {}),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PictureError("its recipe is damaged", where=where) from error


def recipe_of(path: Path) -> Recipe:
    """The recipe inside a picture or film.

    Raises PictureError where there is none, FilmError for a broken film, PresetError for a preset that is not valid
    in this version.
    """
    text = _film_recipe(path) if path.suffix.lower() in TAGGED_SUFFIXES else read_recipe(path)
    if text is None:
        raise PictureError("holds no recipe", where=str(path), remedy="Only what dreamer wrote has one.")
    return parse_recipe(text, where=str(path))


def _film_recipe(path: Path) -> str | None:
    from dreamer.film.probe import film_recipe  # needs ffmpeg, which pictures do without

    return film_recipe(path)


def read_own_recipe(path: Path) -> Recipe | None:
    """The recipe inside a file, or None where dreamer did not write it, or wrote it in a way that is unknown here."""
    try:
        return recipe_of(path)
    except (PictureError, FilmError, PresetError):
        return None
