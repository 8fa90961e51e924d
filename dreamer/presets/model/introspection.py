"""Every key of a preset with its type in words, default, unit and description, read off the data model."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from dreamer.errors import nearest
from dreamer.presets.model.fields import Schedule, Spelling, Table
from dreamer.presets.model.paths import EACH, KeyPath, pattern
from dreamer.presets.model.schema import Preset


@dataclass(frozen=True)
class Key:
    """A key of a preset. `path` is dotted, with N for the number of a target: "targets.N.layer"."""

    path: str
    words: str
    default: Any
    unit: str
    description: str
    choices: tuple[str, ...]
    owner: type[Table]
    required: bool

    @property
    def name(self) -> str:
        """The last part of the path: what is written in a preset's table."""
        return self.path.rsplit(".", 1)[-1]

    @property
    def table(self) -> str:
        """The path of the table that the key stands in; "" at the top."""
        return self.path.rpartition(".")[0]

    @property
    def is_end_of_schedule(self) -> bool:
        """Whether it is one of the two ends of a number that changes over the steps."""
        return self.owner is Schedule

    @property
    def is_table(self) -> bool:
        """Whether other keys stand in it."""
        inside = {self.path, f"{self.path}.{EACH}"}
        return any(key.table in inside and not key.is_end_of_schedule for key in all_keys().values())

    @property
    def type(self) -> str:
        """The type in words with its bounds and unit, such as "a whole number from 0 to 512 (px)"."""
        return f"{self.words} ({self.unit})" if self.unit else self.words


@cache
def all_keys() -> dict[str, Key]:
    """Every key by its dotted path, in the order of the data model, tables before what is in them."""
    return {key.path: key for key in _walk(Preset, "")}


def find_key(path: KeyPath) -> Key | None:
    """The key that a path leads to, or that holds what it leads to, such as `canvas.size` for `canvas.size.1`."""
    parts = [EACH if isinstance(part, int) else part for part in path]
    for length in range(len(parts), 0, -1):
        if key := all_keys().get(".".join(parts[:length])):
            return key
    return None


def names_in(table: str) -> list[str]:
    """The keys that a table takes, by their own names."""
    return [key.name for key in all_keys().values() if key.table == table]


def near_keys(path: KeyPath) -> list[str]:
    """What an unknown key may have been meant to be: names in the same table, else paths of keys elsewhere."""
    table, name = pattern(path[:-1]), str(path[-1])
    close = nearest(name, names_in(table))
    return close or [key.path for key in all_keys().values() if key.name == name][:3]


def _walk(model: type[Table], prefix: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield _key(path, field, model)
        for nested, many in _tables_in(field.annotation):
            yield from _walk(nested, f"{path}.{EACH}." if many else f"{path}.")


def _key(path: str, field: FieldInfo, owner: type[Table]) -> Key:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    default = field.default
    return Key(
        path=path,
        words=_words(field.annotation, field.metadata),
        default=None if default is PydanticUndefined else default,
        unit=str(extra.get("unit", "")),
        description=field.description or "",
        choices=tuple(_choices(field.annotation)),
        owner=owner,
        required=field.is_required(),
    )


def _tables_in(annotation: Any, many: bool = False) -> Iterator[tuple[type[Table], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation, many
    inside_list = many or get_origin(annotation) is tuple
    for part in get_args(annotation):
        yield from _tables_in(part, inside_list)


def _choices(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from (choice for choice in get_args(annotation) if isinstance(choice, str))
    elif get_origin(annotation) in _UNIONS:
        for part in get_args(annotation):
            yield from _choices(part)


_UNIONS = (Union, types.UnionType)
_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_PLURAL = {"a whole number": "whole numbers", "a number": "numbers", "text": "texts"}


def _words(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """A type in words, from its Python annotation and pydantic's bounds."""
    bounds = list(_flat(metadata))
    if spelling := next((each for each in bounds if isinstance(each, Spelling)), None):
        return spelling.words
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(parts[0], [*parts[1:], *bounds])
    if origin is Literal:
        return _listed([f'"{part}"' if isinstance(part, str) else str(part) for part in parts])
    if origin in _UNIONS:
        return _either([_words(part) for part in parts if part is not type(None)])
    if origin is tuple:
        return _list_words(parts, bounds)
    if origin is dict:
        return f"a table of {_plural(_words(parts[1]))}"
    if annotation is Schedule:
        return "{ from, to }"
    return _PLAIN.get(annotation, "a table") + _bounds(bounds)


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for each in metadata:
        if isinstance(each, FieldInfo):
            yield from each.metadata
        else:
            yield each


def _list_words(parts: tuple[Any, ...], bounds: list[Any]) -> str:
    item = _plural(_words(parts[0]))
    if parts[-1] is not Ellipsis:
        return f"a list of {len(parts)} {item}"
    least = next((each.min_length for each in bounds if isinstance(each, MinLen)), 0)
    return f"a list of {item}{f', at least {least}' if least else ''}"


def _plural(words: str) -> str:
    for one, many in _PLURAL.items():
        if words.startswith(one):
            return many + words.removeprefix(one)
    return "tables" if words == "a table" else words


def _bounds(bounds: list[Any]) -> str:
    low = next((each for each in bounds if isinstance(each, (Ge, Gt))), None)
    high = next((each for each in bounds if isinstance(each, (Le, Lt))), None)
    if isinstance(low, Ge) and isinstance(high, Le):
        return f" from {low.ge} to {high.le}"
    lower = "" if low is None else f"above {low.gt}" if isinstance(low, Gt) else f"at least {low.ge}"
    upper = "" if high is None else f"below {high.lt}" if isinstance(high, Lt) else f"at most {high.le}"
    limits = " and ".join(part for part in (lower, upper) if part)
    return f" {limits}" if limits else ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _either(words: list[str]) -> str:
    """The alternatives of a union; commas keep the inner "or" of one apart from that between two."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])}, or {words[-1]}"
