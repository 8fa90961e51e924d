"""From TOML files, what they extend, and `--set` overrides to a validated preset."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dreamer.errors import PresetError
from dreamer.presets.model.paths import KeyPath, dotted
from dreamer.presets.model.schema import FORMAT, Preset, strict_preset
from dreamer.presets.source.diagnostics import Mistake, messages_in, told
from dreamer.presets.source.files import starting_at, with_files
from dreamer.presets.source.layers import OVERRIDE, PresetLayer
from dreamer.presets.source.lookup import find_preset
from dreamer.presets.source.toml_lines import key_lines
from dreamer.presets.timeline.checks import check_keyframes, wrong_keyframes
from dreamer.presets.timeline.keyframes import KEYFRAMES, take_out
from dreamer.presets.timeline.scenes import Targets, write_out_scenes

DEFAULT = "default"
_SYNTAX = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
_UNQUOTED = re.compile(r"^[^#=]*=\s*[A-Za-z]")


@dataclass(frozen=True)
class ResolvedPreset:
    """A preset with its name and, for every key, where its value comes from.

    `origins` maps dotted key paths (as for `--set`) to "FILE:LINE", "--set" or "default".
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


def resolve_preset(name_or_path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> ResolvedPreset:
    """As `load_preset`, with the preset's name and the origin of every value."""
    text = name_or_path if isinstance(name_or_path, str) else _explicit(Path(name_or_path))
    file = find_preset(text)
    draft = _draft(file, ())
    mistakes = _override(draft, overrides)
    _refuse_newer(draft.tree, OVERRIDE)
    draft.spell_out_network()
    preset = _validated(draft, str(file), mistakes)
    return ResolvedPreset(preset, file.stem, file, dict(_origins(preset, draft)))


def preset_from_tree(tree: dict[str, Any], *, where: str) -> Preset:
    """The preset of a tree of plain values, spelled as in TOML. Raises PresetError with every mistake, at `where`."""
    layer = PresetLayer(tree, {})
    _refuse_newer(layer.tree, where)
    layer.rename_keys(where)
    return _validated(layer, where, [])


def _explicit(path: Path) -> str:
    """A path object is a path, even where as text it would be a name."""
    return str(path) if path.is_absolute() else os.path.join(os.curdir, path)


def _draft(file: Path, extended_by: tuple[Path, ...]) -> PresetLayer:
    """A file's values laid over those of the preset that it extends."""
    chain = (*extended_by, file)
    if file.resolve() in [each.resolve() for each in extended_by]:
        circle = " extends ".join(str(each) for each in chain)
        raise PresetError([f"presets extend each other in a circle: {circle}"])
    draft = _read(file)
    if "extends" not in draft.tree:
        return draft
    base = draft.tree.pop("extends")
    where = draft.places["extends",]
    if not isinstance(base, str):
        raise PresetError([f"extends: {base!r} is not the name or path of one preset"], where=where)
    return draft.over(_draft(find_preset(base, folder=file.parent, extended_by=file, where=where), chain))


def _read(file: Path) -> PresetLayer:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PresetError(["is not a text file in UTF-8"], where=str(file)) from error
    except OSError as error:
        raise PresetError([f"cannot be read: {error.strerror}"], where=str(file)) from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(str(error), file, text) from error
    places = {path: f"{file}:{line}" for path, line in key_lines(text).items()}
    _refuse_newer(tree, places.get(("format",), str(file)))
    layer = PresetLayer(tree, places)
    layer.rename_keys(str(file))
    layer.tree = with_files(layer.tree, starting_at(file.parent))
    return layer


def _refuse_newer(tree: Mapping[str, Any], where: str) -> None:
    """Raise PresetError, at `where`, for a preset of a format that this dreamer does not know."""
    number = tree.get("format")
    if isinstance(number, int) and number > FORMAT:
        what = f"this preset is of format {number}; this dreamer reads format {FORMAT}"
        raise PresetError([what], where=where, remedy="Update dreamer.")


def _syntax_error(message: str, file: Path, text: str) -> PresetError:
    """tomllib's message with its line, and the commonest remedy where it applies."""
    match = _SYNTAX.fullmatch(message)
    if match is None or match["line"] is None:
        return PresetError([f"{match['what'] if match else message}, at the end of the file"], where=str(file))
    line = text.splitlines()[int(match["line"]) - 1].strip()
    advice = "\n  Text needs quotes." if match["what"] == "Invalid value" and _UNQUOTED.match(line) else ""
    where = f"{file}:{match['line']}:{match['column']}"
    return PresetError([match["what"]], where=where, remedy=f"{line}{advice}")


def _override(draft: PresetLayer, overrides: Sequence[str]) -> list[str]:
    """Apply the overrides in order; returns a line for each that could not be."""
    mistakes = []
    for text in overrides:
        try:
            draft.override(text)
        except ValueError as error:
            mistakes.append(f"{OVERRIDE} {text}: {error}")
    return mistakes


def _validated(draft: PresetLayer, where: str, mistakes: list[str]) -> Preset:
    """The data model of a draft, with its keyframes checked."""
    draft.tree, wrong_scenes = write_out_scenes(draft.tree, _targets_of)
    wrong = [Mistake(path, what) for path, what in wrong_scenes]
    draft.tree, sources = take_out(draft.tree)
    try:
        preset = strict_preset(draft.tree)
        wrong += check_keyframes(preset)
    except ValidationError as error:
        static = messages_in(error, draft.tree)
        moving = list(wrong_keyframes(draft.tree, sources))
        # A track whose first value is wrong is told by its keys alone.
        places = [each.path for each in moving]
        wrong += [*(each for each in static if not any(each.path[: len(path)] == path for path in places)), *moving]
    mistakes = [*mistakes, *told(wrong, draft, where)]
    if mistakes:
        raise PresetError(mistakes, where=where if len(mistakes) > 1 and wrong else None)
    return preset


def _targets_of(name: str) -> Targets:
    targets: Targets = load_preset(name).model_dump(mode="json", by_alias=True, exclude_defaults=True)["targets"]
    return targets


def _origins(preset: Preset, draft: PresetLayer) -> Iterator[tuple[str, str]]:
    for path in _leaves(preset.model_dump(mode="json", by_alias=True, exclude={KEYFRAMES}), ()):
        try:
            draft.value(path)
        except (KeyError, IndexError, TypeError):
            yield dotted(path), DEFAULT
        else:
            yield dotted(path), draft.place(path) or DEFAULT


def _leaves(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """The paths of all values that are neither tables nor lists of tables."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, number))
    else:
        yield path
