"""A preset before it is validated: TOML values in layers, each value with the place that it comes from."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from dreamer.bounded import MAX_DEPTH, parse_toml
from dreamer.errors import Diagnostic
from dreamer.presets.model.paths import KeyPath, dotted
from dreamer.presets.model.renamed import is_deprecated, moved, present_name, with_present_names
from dreamer.presets.source.toml_lines import syntax_error
from dreamer.presets.timeline.scenes import SCENES
from dreamer.presets.timeline.tracks import is_track
from dreamer.texts import around

_log = logging.getLogger("dreamer")


class Place(NamedTuple):
    """Where a value was written: a file, with the line counted from 1, or what else it comes from."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


OVERRIDE = Place("--set")


class Override(NamedTuple):
    """One change of a preset's value, such as "octaves.count=6", and the option that asks for it."""

    text: str
    option: str = OVERRIDE.file


class PresetLayer:
    """The TOML values of one file, or of some laid over each other, and for each key path its place."""

    def __init__(self, tree: dict[str, Any], places: dict[KeyPath, Place]) -> None:
        self.tree, self.places = tree, places

    def over(self, base: PresetLayer) -> PresetLayer:
        """This layer over `base`: tables merge key by key, anything else (lists too) replaces."""
        layer = PresetLayer(dict(base.tree), dict(base.places))
        layer._merge(self, layer.tree, self.tree, ())
        return layer

    def place(self, path: KeyPath) -> Place | None:
        """Where a key path, or the nearest thing around it, was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return None

    def located(self, diagnostics: Iterable[Diagnostic], where: str) -> list[Diagnostic]:
        """Diagnostics with the places of their values, in the order of these; `where` is the place of the whole."""
        placed = []
        for diagnostic in dict.fromkeys(diagnostics):
            path = diagnostic.path if diagnostic.time is None else (*diagnostic.path, diagnostic.time)
            place = self.place(path) or Place(where)
            placed.append(replace(diagnostic, file=place.file, line=place.line))
        return sorted(dict.fromkeys(placed), key=_by_place)

    def value(self, path: KeyPath) -> Any:
        """The value at a key path; KeyError or IndexError where there is none."""
        node: Any = self.tree
        for part in path:
            node = node[part]
        return node

    def rename_keys(self, where: Place) -> None:
        """Read old names of keys as the present ones, with a warning of each; `where` is the place of the whole."""
        self.tree, renames = with_present_names(self.tree)
        for old, new in renames.items():
            if is_deprecated(old):
                _warn(self.place(old) or where, old, new)
        self.places = {moved(path, renames): place for path, place in self.places.items()}

    def spell_out_network(self) -> None:
        """Write the short form `network = "pocket"` as the table that it stands for."""
        if isinstance(name := self.tree.get("network"), str):
            self.tree["network"] = {"name": name}
            self.places["network", "name"] = self.places["network",]

    def override(self, change: Override) -> None:
        """Apply one `--set a.b=value`; an empty value removes the key. Raises ValueError with what is wrong."""
        key, equals, written = change.text.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts) or len(parts) > MAX_DEPTH:
            raise ValueError("write it as KEY=VALUE, such as octaves.count=6")
        if parts[0] == "targets" and SCENES in self.tree:
            raise ValueError("the preset takes its targets from its scenes; change those, such as scenes.0.targets")
        node: Any = self.tree
        path: KeyPath = ()
        for part in parts[:-1]:
            node, path = self._enter(node, path, part)
        last = _index(node, path, parts[-1])
        path = (*path, last)
        self._forget(path)
        if written.strip():
            _store(node, last, _parsed(written.strip()))
            self.places[path] = Place(change.option)
            self.rename_keys(OVERRIDE)
        elif isinstance(node, dict):
            node.pop(last, None)
        else:
            raise ValueError("an item of a list cannot be removed; give the whole list")

    def _merge(self, layer: PresetLayer, into: dict[str, Any], new: dict[str, Any], path: KeyPath) -> None:
        for key, value in new.items():
            here = (*path, key)
            if here == ("network",) and isinstance(value, dict):
                self.spell_out_network()
            old = into.get(key)
            # Keyframes are one value: those of two presets would not make sense together.
            if isinstance(old, dict) and isinstance(value, dict) and not is_track(old) and not is_track(value):
                into[key] = dict(old)
                self.places[here] = layer.places[here]
                self._merge(layer, into[key], value, here)
                continue
            self._forget(here)
            into[key] = value
            self.places |= {inner: place for inner, place in layer.places.items() if inner[: len(here)] == here}

    def _enter(self, node: Any, path: KeyPath, part: str) -> tuple[Any, KeyPath]:
        """The table or list under `part`, made where it is missing, with its path."""
        key = _index(node, path, part)
        here = (*path, key)
        if here == ("network",):
            self.spell_out_network()
        if isinstance(node, dict) and key not in node:
            node[key] = [] if here == ("targets",) else {}
            self.places[here] = OVERRIDE
        elif isinstance(node, list) and key == len(node):
            node.append({})
        child = node[key]
        if not isinstance(child, (dict, list)):
            raise ValueError(f"{dotted(here)} is {child!r}, which has nothing inside")
        # What it holds may be shared with the preset that this one extends.
        node[key] = child.copy()
        return node[key], here

    def _forget(self, path: KeyPath) -> None:
        self.places = {inner: place for inner, place in self.places.items() if inner[: len(path)] != path}


def _by_place(diagnostic: Diagnostic) -> tuple[str, int, str, str]:
    return diagnostic.file or "", diagnostic.line or 0, dotted(diagnostic.path), diagnostic.message


def _warn(place: Place, old: KeyPath, new: KeyPath) -> None:
    _log.warning("%s: %s is deprecated; write %s", place, dotted(old), dotted(new))


def _index(node: Any, path: KeyPath, part: str) -> str | int:
    """`part` as a key of `node`: a number for a list, one past its end to append."""
    if isinstance(node, dict):
        name = present_name((*path, part))
        if is_deprecated((*path, part)):
            _warn(OVERRIDE, (*path, part), (*path, name))
        return name
    if not part.isdecimal():
        raise ValueError(f"{dotted(path)} is a list; say which item, such as {dotted(path)}.0.{part}")
    if int(part) > len(node):
        raise ValueError(f"{dotted(path)} has no item {part}; the next one would be {len(node)}")
    return int(part)


def _store(node: Any, key: str | int, value: Any) -> None:
    if isinstance(node, list) and key == len(node):
        node.append(value)
    else:
        node[key] = value


def _parsed(text: str) -> Any:
    """`text` as a TOML value; a bare word is text."""
    try:
        parsed = parse_toml(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        if text[0] in "[{\"'":
            raise ValueError(f"{around(text)} is not a TOML value: {syntax_error(error)[0]}") from error
        return text
    return parsed["value"] if len(parsed) == 1 else text
