"""From a preset back to TOML for people and to JSON for recipes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Item, Table

from dreamer.bounded import parse_json
from dreamer.errors import PresetError
from dreamer.presets.model.paths import KeyPath, dotted
from dreamer.presets.model.schema import FORMAT, Preset, Target
from dreamer.presets.source.load import preset_from_tree
from dreamer.presets.timeline.tracks import is_track


def to_toml(preset: Preset, *, only_changed: bool = True, comments: Mapping[str, str] | None = None) -> str:
    """A TOML text that loads back to an equal preset; `only_changed` leaves out what has its default.

    `comments` maps dotted key paths, as `ResolvedPreset.origins` does, to what is put behind their lines.
    """
    tree = preset.model_dump(mode="json", by_alias=True, exclude_defaults=only_changed, exclude_none=True)
    if tree.get("format") == FORMAT:
        del tree["format"]
    if set(tree.get("network", ())) == {"name"}:
        tree["network"] = tree["network"]["name"]
    _put_in_place(tree, preset.model_dump(mode="json", by_alias=True))
    document = tomlkit.document()
    plain = {key: value for key, value in tree.items() if not _is_section(value)}
    for key, value in plain.items():
        document.add(key, _commented(_item(key, value), (key,), comments or {}))
    for key, value in tree.items():
        if key in plain:
            continue
        if isinstance(value, dict):
            document.add(key, _section(value, (key,), comments or {}))
        else:
            document.add(key, AoT([_section(item, (key, number), comments or {}) for number, item in enumerate(value)]))
    return tomlkit.dumps(document)


def targets_to_toml(targets: Sequence[Target]) -> str:
    """The [[targets]] tables of a preset, without their defaults, to paste into one."""
    trees = [
        target.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True) for target in targets
    ]
    for tree in trees:
        if isinstance(layers := tree.get("layer"), list) and len(layers) == 1:
            tree["layer"] = layers[0]
    document = tomlkit.document()
    document.add("targets", AoT([_section(tree, ("targets", number), {}) for number, tree in enumerate(trees)]))
    return tomlkit.dumps(document).strip()


def _put_in_place(tree: dict[str, Any], whole: dict[str, Any]) -> None:
    """Write keyframes where the values are that they change. `whole` is the tree with all its defaults."""
    for path, track in tree.pop("keyframes", {}).items():
        *tables, last = path.split(".")
        node: Any = tree
        known: Any = whole
        for part in tables:
            known = known[int(part)] if isinstance(known, list) else known[part]
            if isinstance(node, dict):
                node = node.setdefault(part, list(known) if isinstance(known, list) else {})
            else:
                node = node[int(part)]
        node[int(last) if isinstance(node, list) else last] = track


def inline_toml(value: Any) -> str:
    """A plain value as TOML writes it behind an equals sign."""
    return _item("", value).as_string()


def to_json(preset: Preset) -> str:
    """The preset as compact JSON, the same text for equal presets; values at their defaults are left out."""
    tree = preset.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def from_json(text: str, *, where: str = "recipe") -> Preset:
    """The preset that `to_json` wrote. Raises PresetError at `where`."""
    try:
        tree = parse_json(text)
    except ValueError as error:
        raise PresetError([f"is not JSON: {error}"], where=where) from error
    if not isinstance(tree, dict):
        raise PresetError(["does not hold a preset"], where=where)
    return preset_from_tree(tree, where=where)


def _is_section(value: Any) -> bool:
    if is_track(value):
        return False
    return isinstance(value, dict) or (isinstance(value, list) and value != [] and isinstance(value[0], dict))


def _section(values: dict[str, Any], path: KeyPath, comments: Mapping[str, str]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, _commented(_item(key, value), (*path, key), comments))
    return table


def _item(key: str, value: Any) -> Item:
    if isinstance(value, dict):
        inline: InlineTable = tomlkit.inline_table()
        for name, inner in value.items():
            inline.add(name, _item(name, inner))
        return inline
    single = key == "layer" and isinstance(value, list) and len(value) == 1
    item: Item = tomlkit.item(value[0] if single else value)
    return item


def _commented(item: Item, path: KeyPath, comments: Mapping[str, str]) -> Item:
    """The item with its comment; a table on one line has those of its keys."""
    start = dotted(path)
    inside = (text for key, text in comments.items() if key == start or key.startswith(f"{start}."))
    if comment := ", ".join(dict.fromkeys(inside)):
        item.comment(comment)
    return item
