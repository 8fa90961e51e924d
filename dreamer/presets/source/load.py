"""From TOML files, what they extend, and `--set` overrides to a validated preset."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dreamer.errors import Diagnostic, PresetError
from dreamer.presets.model.diagnostics import diagnostics_in
from dreamer.presets.model.paths import KeyPath, dotted
from dreamer.presets.model.schema import FORMAT, Preset, strict_preset
from dreamer.presets.source.layers import OVERRIDE, Override, Place, PresetLayer
from dreamer.presets.source.lookup import find_preset
from dreamer.presets.source.named_files import starting_at, with_files
from dreamer.presets.source.toml_files import read_toml
from dreamer.presets.timeline.checks import check_keyframes, wrong_keyframes
from dreamer.presets.timeline.hearing import Song
from dreamer.presets.timeline.keyframes import KEYFRAMES, split_keyframes
from dreamer.presets.timeline.listening import listens, rough_animation, with_length_of
from dreamer.presets.timeline.scenes import Targets, write_out_scenes
from dreamer.texts import around

# The song at a path; listened to, or only measured.
Hear = Callable[[Path, bool], Song]
DEFAULT = "default"
MAX_EXTENDS = 32


@dataclass(frozen=True)
class ResolvedPreset:
    """A preset with its name and, for every key, where its value comes from.

    `origins` maps dotted key paths (as for `--set`) to "FILE:LINE", an option such as "--set", or "default".
    """

    preset: Preset
    name: str
    file: Path
    origins: Mapping[str, str]


def load_preset(name_or_path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Preset:
    """The preset of that name, or at that path where it has a slash or ends in .toml.

    Names are looked up in the working folder's `presets/`, then in the user's, then among those that ship.
    `overrides` are texts such as "octaves.count=6" whose values are TOML; bare words are text; an empty value puts
    a key back to its default. Relative paths in a file start at that file's folder; those in overrides at the
    working folder. Raises PresetError with every mistake and its place.
    """
    return resolve_preset(name_or_path, overrides).preset


def resolve_preset(
    name_or_path: str | os.PathLike[str], overrides: Sequence[str | Override] = (), hear: Hear | None = None
) -> ResolvedPreset:
    """As `load_preset`, with the preset's name and the origin of every value.

    `hear` is asked for the preset's song, which then decides lengths in beats, bars or sections, and what is checked.
    """
    text = name_or_path if isinstance(name_or_path, str) else _explicit(Path(name_or_path))
    file = find_preset(text)
    layer = _layer(file, ())
    mistakes = _override(layer, [Override(each) if isinstance(each, str) else each for each in overrides])
    _refuse_newer(layer.tree, OVERRIDE)
    layer.spell_out_network()
    preset = _validated(layer, str(file), mistakes, hear)
    return ResolvedPreset(preset, file.stem, file, dict(_origins(preset, layer)))


def preset_from_tree(tree: dict[str, Any], *, where: str) -> Preset:
    """The preset of a tree of plain values, spelled as in TOML. Raises PresetError with every mistake, at `where`."""
    layer = PresetLayer(tree, {})
    _refuse_newer(layer.tree, Place(where))
    layer.rename_keys(Place(where))
    return _validated(layer, where, [])


def _explicit(path: Path) -> str:
    """A path object is a path, even where as text it would be a name."""
    return str(path) if path.is_absolute() else os.path.join(os.curdir, path)


def _layer(file: Path, extended_by: tuple[Path, ...]) -> PresetLayer:
    """A file's values over those of the preset that it extends."""
    chain = (*extended_by, file)
    if len(chain) > MAX_EXTENDS:
        raise PresetError([f"more than {MAX_EXTENDS} presets extend each other"], where=str(extended_by[0]))
    if file.resolve() in [extending.resolve() for extending in extended_by]:
        circle = " extends ".join(map(str, chain))
        raise PresetError([f"presets extend each other in a circle: {circle}"])
    layer = _read(file)
    if "extends" not in layer.tree:
        return layer
    base = layer.tree.pop("extends")
    where = str(layer.places["extends",])
    if not isinstance(base, str):
        raise PresetError([f"extends: {base!r} is not the name or path of one preset"], where=where)
    return layer.over(_layer(find_preset(base, folder=file.parent, extended_by=file, where=where), chain))


def _read(file: Path) -> PresetLayer:
    layer = read_toml(file)
    _refuse_newer(layer.tree, layer.place(("format",)) or Place(str(file)))
    layer.rename_keys(Place(str(file)))
    layer.tree = with_files(layer.tree, starting_at(file.parent))
    return layer


def _refuse_newer(tree: Mapping[str, Any], place: Place) -> None:
    """Raise PresetError, at `place`, for a preset of a format that this dreamer does not know."""
    number = tree.get("format")
    if isinstance(number, int) and number > FORMAT:
        message = f"this preset is of format {number}; this dreamer reads format {FORMAT}"
        raise PresetError([Diagnostic(message, "format", file=place.file, line=place.line)], remedy="Update dreamer.")


def _override(layer: PresetLayer, overrides: Sequence[Override]) -> list[Diagnostic]:
    """Apply the overrides in order; returns what is wrong with those that could not be."""
    mistakes = []
    for change in overrides:
        try:
            layer.override(change)
        except ValueError as error:
            mistakes.append(Diagnostic(str(error), "override", file=f"{change.option} {around(change.text)}"))
    return mistakes


def _validated(layer: PresetLayer, where: str, mistakes: list[Diagnostic], hear: Hear | None = None) -> Preset:
    """The data model of a layer, with its keyframes checked. `mistakes` are those that are known already."""
    path = rough_animation(layer.tree).song
    song = hear(Path(path), listens(layer.tree)) if hear and path else None
    layer.tree, wrong = write_out_scenes(layer.tree, _targets_of, song)
    layer.tree = with_length_of(song, layer.tree) if song else layer.tree
    layer.tree, keyframes = split_keyframes(layer.tree, song)
    try:
        preset = strict_preset(layer.tree)
        wrong += check_keyframes(preset, song)
    except ValidationError as error:
        moving = list(wrong_keyframes(layer.tree, keyframes, song))
        # A track whose first value is wrong is reported by its keys alone.
        paths = [diagnostic.path for diagnostic in moving]
        still = diagnostics_in(error, layer.tree)
        if wrong:  # then the targets, which scenes bring, are missing
            still = [diagnostic for diagnostic in still if diagnostic.path != ("targets",)]
        wrong += [*(item for item in still if not any(item.path[: len(path)] == path for path in paths)), *moving]
    if mistakes or wrong:
        mistakes = [*mistakes, *layer.located(wrong, where)]
        raise PresetError(mistakes, where=where if len(mistakes) > 1 and wrong else None)
    return preset


def _targets_of(name: str) -> Targets:
    targets: Targets = load_preset(name).model_dump(mode="json", by_alias=True, exclude_defaults=True)["targets"]
    return targets


def _origins(preset: Preset, layer: PresetLayer) -> Iterator[tuple[str, str]]:
    for path in _leaves(preset.model_dump(mode="json", by_alias=True, exclude={KEYFRAMES}), ()):
        try:
            layer.value(path)
        except (KeyError, IndexError, TypeError):
            yield dotted(path), DEFAULT
        else:
            yield dotted(path), str(layer.place(path) or DEFAULT)


def _leaves(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """The paths of all values that are neither tables nor lists of tables."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, number))
    else:
        yield path
