"""Keys that have other names than they once had, and the one place where an old name is read as the present one.

The rule of deprecation: a key whose name changes is entered in `RENAMED` in the release that changes it. Its old name
is accepted, with a warning that names the present one, in files, in `--set`, in keyframe paths and in the recipes
inside pictures, until the next major version; the first release of that version takes the entry out, and the old name
becomes an unknown key. A key never gets a meaning that it had under another name, nor an old name a new meaning. What
cannot be expressed by a new name raises `FORMAT` in `dreamer.presets.model.schema`, so that an older dreamer refuses
the preset as a whole. `SYNONYMS` are no old names: both spellings stay, and neither is warned of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dreamer.presets.model.paths import EACH, KeyPath, pattern

# The path of each renamed key, with the name that it has now in the same table.
RENAMED = {
    "animation.hold": "stabilize",
    "ascent.clip_contribution": "clip_small_contribution",
    "ascent.clip_norm": "clip_small_norm",
    "penalties.variation": "total_variation",
}
SYNONYMS = {f"targets.{EACH}.channels": "kernels"}
_PRESENT = {**RENAMED, **SYNONYMS}
# Tables whose keys are whole key paths.
_BY_PATH = ("keyframes", f"scenes.{EACH}.set")
_SCENE_TARGETS = f"scenes.{EACH}.targets"


def present_name(path: KeyPath) -> str | int:
    """The name that the last key of a path has now; the tables before it are named as they are now."""
    return _PRESENT.get(_in_preset(pattern(path)), path[-1])


def is_deprecated(path: KeyPath) -> bool:
    """Whether the last key of a path has an old name, of which a person should be warned."""
    name = str(path[-1])
    if pattern(path[:-1]) in _BY_PATH:
        return _present_text(name, RENAMED) != name
    return _in_preset(pattern(path)) in RENAMED


def with_present_names(tree: Mapping[str, Any]) -> tuple[dict[str, Any], dict[KeyPath, KeyPath]]:
    """A tree of TOML values in which old names and synonyms are the present ones, and the paths that this changed.

    A key that is given by its old and its present name keeps both, so that validation refuses the old one.
    """
    renames: dict[KeyPath, KeyPath] = {}
    return _renamed_table(tree, (), renames), renames


def moved(path: KeyPath, renames: Mapping[KeyPath, KeyPath]) -> KeyPath:
    """Where what stood at `path` stands after `renames`."""
    for length in range(1, len(path) + 1):
        if new := renames.get(path[:length]):
            path = (*new, *path[length:])
    return path


def _renamed(node: Any, path: KeyPath, renames: dict[KeyPath, KeyPath]) -> Any:
    if isinstance(node, dict):
        return _renamed_table(node, path, renames)
    if isinstance(node, list):
        return [_renamed(item, (*path, number), renames) for number, item in enumerate(node)]
    return node


def _renamed_table(table: Mapping[str, Any], path: KeyPath, renames: dict[KeyPath, KeyPath]) -> dict[str, Any]:
    by_path = pattern(path) in _BY_PATH
    result = {}
    for key, value in table.items():
        name = _present_text(key, _PRESENT) if by_path else str(present_name((*path, key)))
        if name != key and name not in table:
            renames[(*path, key)] = (*path, name)
        else:
            name = key
        result[name] = _renamed(value, (*path, name), renames)
    return result


def _present_text(text: str, names: Mapping[str, str]) -> str:
    """A dotted key path, such as keyframes have, by present names."""
    parts: list[str] = []
    for part in text.split("."):
        place = ".".join(EACH if name.isdecimal() else name for name in (*parts, part))
        parts.append(names.get(place, part))
    return ".".join(parts)


def _in_preset(place: str) -> str:
    """The targets of a scene have the keys that those of a preset have."""
    return place.removeprefix("scenes.N.") if place.startswith(_SCENE_TARGETS) else place
