"""All mistakes of a preset at once, each as one line: its place, its key, and the nearest valid key or value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import tomlkit
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dreamer.errors import nearest
from dreamer.presets.model.introspection import Key, find_key, names_in, near_keys
from dreamer.presets.model.paths import KeyPath, dotted
from dreamer.presets.source.layers import PresetLayer
from dreamer.presets.source.renamed import present_name

_LEADING_KEY = re.compile(r"^[a-z_]+(?:\.\w+)+")
_PLACE = re.compile(r"(.*?):(\d+): ")
_LONGEST = 60
_DIGITS = 12


class Mistake(NamedTuple):
    """What is wrong at a key path. `key`: the time of the keyframe that is meant, as it is written."""

    path: KeyPath
    what: str
    key: str | None = None


def told(mistakes: Iterable[Mistake], draft: PresetLayer, where: str) -> list[str]:
    """A line for each mistake in `draft`, in the order of their places; `where` is the place of the whole."""
    return sorted(dict.fromkeys(_line(mistake, draft, where) for mistake in mistakes), key=_by_place)


def messages_in(error: ValidationError, tree: Any) -> list[Mistake]:
    """What the validation of a tree has found."""
    return list(dict.fromkeys(Mistake(path, message) for path, message in _messages(error, tree)))


def _by_place(line: str) -> tuple[str, int]:
    match = _PLACE.match(line)
    return (match[1], int(match[2])) if match else (line, 0)


def _messages(error: ValidationError, tree: Any) -> Iterator[tuple[KeyPath, str]]:
    groups: dict[KeyPath, list[tuple[KeyPath, ErrorDetails]]] = {}
    for detail in error.errors(include_url=False):
        group, path = _paths(detail, tree)
        groups.setdefault(group, []).append((path, detail))
    for group, found in groups.items():
        if found[0][1]["type"] == "too_short" and any(
            len(path) > len(group) and path[: len(group)] == group for path in groups
        ):
            continue  # pydantic counts only the valid items of a list, and the others have their own mistakes
        for path, detail in _telling(group, found):
            yield path, _message(path, detail)


def _paths(detail: ErrorDetails, tree: Any) -> tuple[KeyPath, KeyPath]:
    """The key path of an error, and before it that of the value whose alternatives pydantic tried.

    pydantic puts the names of the alternatives of a union into its locations; they lead nowhere in the values.
    """
    node: Any = tree
    path: KeyPath = ()
    union: KeyPath | None = None
    for depth, part in enumerate(detail["loc"]):
        if _has(node, part):
            node, path = node[part], (*path, part)
        elif _is_missing_key(detail) and depth == len(detail["loc"]) - 1:
            path = (*path, part)
        elif union is None:
            union = path
    return (path if union is None else union), path


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _telling(group: KeyPath, found: list[tuple[KeyPath, ErrorDetails]]) -> list[tuple[KeyPath, ErrorDetails]]:
    """Of the errors of all alternatives of one value, those of the alternative that the person meant."""
    if len(found) == 1:
        return found
    meant = [(path, detail) for path, detail in found if not (path == group and _is_type_error(detail))]
    return meant or found[:1]


def _is_missing_key(detail: ErrorDetails) -> bool:
    """Whether a table lacks a key; a list that is too short is only a value that does not fit."""
    return detail["type"] == "missing" and isinstance(detail["loc"][-1], str)


def _is_type_error(detail: ErrorDetails) -> bool:
    return detail["type"].endswith("_type") or detail["type"] == "literal_error"


def _message(path: KeyPath, detail: ErrorDetails) -> str:
    key = find_key(path)
    if detail["type"] == "extra_forbidden":
        return unknown_key(path)
    if _is_missing_key(detail):
        return _missing(path, key)
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return _misfit(path, detail["input"], key)


def unknown_key(path: KeyPath) -> str:
    """That there is no such key, and which it may have been meant to be."""
    present = present_name(path)
    if present != path[-1]:
        return f"means the same as {present!r}, which is given too; leave one of them out"
    if near := near_keys(path):
        return f"unknown key; did you mean {' or '.join(repr(each) for each in near)}?"
    return f"unknown key; there are {', '.join(names_in(dotted('N' if isinstance(p, int) else p for p in path[:-1])))}"


def _missing(path: KeyPath, key: Key | None) -> str:
    if path == ("targets",):
        return "missing; write at least one [[targets]] table with a layer or a class"
    return f"missing; {key.description}" if key else "missing"


def _misfit(path: KeyPath, value: Any, key: Key | None) -> str:
    """ "7 is not text": the value against its type in words, for any breach of type or bounds."""
    if key is None:
        return f"{_spelled(value)} does not fit"
    inside = len(path) > key.path.count(".") + 1
    message = (
        f"{_spelled(value)} does not fit; {key.name} takes {key.type}"
        if inside
        else f"{_spelled(value)} is not {key.type}"
    )
    if not isinstance(value, str):
        return message
    if near := nearest(value, key.choices, 1):
        return f'{message}; did you mean "{near[0]}"?'
    return f"{message}; leave out the quotes" if _is_plain_value(value) and "text" not in key.words else message


def _is_plain_value(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d+)?|true|false", text.strip()) is not None


def _spelled(value: Any) -> str:
    """A value as TOML writes it, cut where it is long."""
    text = tomlkit.item(value).as_string() if isinstance(value, (str, bool, int, float, list, dict)) else str(value)
    if isinstance(value, float) and len(text) > _DIGITS:
        text = f"{value:.6g}"
    flat = "{ ... }" if isinstance(value, dict) else " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 3]}..."


def _line(mistake: Mistake, draft: PresetLayer, where: str) -> str:
    path, what, key = mistake
    if not path and (named := _LEADING_KEY.match(what)):
        parts = tuple(int(part) if part.isdecimal() else part for part in named[0].split("."))
        return f"{draft.place(parts) or where}: {what}"
    if key is not None:
        return f'{draft.place((*path, key)) or where}: {dotted(path)} at "{key}": {what}'
    place = draft.place(path) or where
    return f"{place}: {dotted(path)}: {what}" if path else f"{place}: {what}"
