"""All mistakes that validation finds in a preset: each with its key path, kind, and the nearest valid key or value."""

from __future__ import annotations

import re
from typing import Any

import tomlkit
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dreamer.errors import Diagnostic, nearest
from dreamer.presets.model.fields import Table
from dreamer.presets.model.introspection import SchemaKey, find_key, names_in, near_keys
from dreamer.presets.model.paths import KeyPath, pattern
from dreamer.presets.model.renamed import present_name
from dreamer.presets.model.schema import Preset

UNKNOWN_KEY, MISSING, MISFIT = "unknown_key", "missing", "misfit"
_PLAIN_VALUE = re.compile(r"[-+]?\d+(\.\d+)?|true|false")
# The longest text that a message quotes of a value, and the longest of a number.
_LONGEST, _DIGITS = 60, 12


def diagnostics_in(error: ValidationError, tree: Any, model: type[Table] = Preset) -> list[Diagnostic]:
    """What the validation of a tree of TOML values as `model` has found."""
    groups: dict[KeyPath, list[tuple[KeyPath, ErrorDetails]]] = {}
    for detail in error.errors(include_url=False):
        group, path = _paths(detail, tree)
        groups.setdefault(group, []).append((path, detail))
    diagnostics = [
        _diagnostic(path, detail, model)
        for group, alternatives in groups.items()
        if not _counts_valid_items_alone(group, alternatives[0][1], groups)
        for path, detail in _meant(group, alternatives)
    ]
    return list(dict.fromkeys(diagnostics))


def unknown_key(path: KeyPath, model: type[Table] = Preset) -> Diagnostic:
    """That there is no such key, and which it may have been meant to be."""
    present = present_name(path)
    if present != path[-1]:
        message = f"means the same as {present!r}, which is given too; leave one of them out"
    elif near := near_keys(path, model):
        message = f"unknown key; did you mean {' or '.join(map(repr, near))}?"
    else:
        message = f"unknown key; there are {', '.join(names_in(pattern(path[:-1]), model))}"
    return Diagnostic(message, UNKNOWN_KEY, path)


def _counts_valid_items_alone(group: KeyPath, detail: ErrorDetails, groups: dict[KeyPath, Any]) -> bool:
    """Whether a list is too short only because pydantic leaves out invalid items, which have their own mistakes."""
    inside = any(len(path) > len(group) and path[: len(group)] == group for path in groups)
    return detail["type"] == "too_short" and inside


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
    path = (*path, *detail.get("ctx", {}).get("path", ()))
    return (path if union is None else union), path


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _meant(group: KeyPath, alternatives: list[tuple[KeyPath, ErrorDetails]]) -> list[tuple[KeyPath, ErrorDetails]]:
    """Of the errors of all alternatives of one value, those of the alternative that the person meant."""
    if len(alternatives) == 1:
        return alternatives
    meant = [(path, detail) for path, detail in alternatives if not (path == group and _is_type_error(detail))]
    return meant or alternatives[:1]


def _is_missing_key(detail: ErrorDetails) -> bool:
    """Whether a table lacks a key; a list that is too short is only a value that does not fit."""
    return detail["type"] == "missing" and isinstance(detail["loc"][-1], str)


def _is_type_error(detail: ErrorDetails) -> bool:
    return detail["type"].endswith("_type") or detail["type"] == "literal_error"


def _diagnostic(path: KeyPath, detail: ErrorDetails, model: type[Table]) -> Diagnostic:
    key = find_key(path, model)
    if detail["type"] == "extra_forbidden":
        return unknown_key(path, model)
    if _is_missing_key(detail):
        return Diagnostic(_missing(path, key), MISSING, path)
    if "path" in detail.get("ctx", {}):  # one of the model's own
        return Diagnostic(detail["msg"], detail["type"], path)
    return Diagnostic(_misfit(path, detail["input"], key), MISFIT, path)


def _missing(path: KeyPath, key: SchemaKey | None) -> str:
    if path == ("targets",):
        return "missing; write at least one [[targets]] table with a layer or a class"
    return f"missing; {key.description}" if key else "missing"


def _misfit(path: KeyPath, value: Any, key: SchemaKey | None) -> str:
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
    unquoted = _PLAIN_VALUE.fullmatch(value.strip()) is not None and str not in key.scalars
    return f"{message}; leave out the quotes" if unquoted else message


def _spelled(value: Any) -> str:
    """A value as TOML writes it, cut where it is long."""
    spelled = isinstance(value, (str, bool, int, float, list, dict))
    text = tomlkit.item(_without_gaps(value)).as_string() if spelled else str(value)
    if isinstance(value, float) and len(text) > _DIGITS:
        text = f"{value:.6g}"
    flat = "{ ... }" if isinstance(value, dict) else " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 3]}..."


def _without_gaps(value: Any) -> Any:
    """Lists and tables with "" for None, which stands where keyframes or an expression cannot be read."""
    if isinstance(value, list):
        return [_without_gaps(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _without_gaps(inner) for key, inner in value.items()}
    return "" if value is None else value
