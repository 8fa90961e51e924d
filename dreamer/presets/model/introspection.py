"""Every key of a preset with its type, default, unit and description, read off the data model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from annotated_types import Unit
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from dreamer.errors import nearest
from dreamer.presets.model.fields import Table
from dreamer.presets.model.paths import EACH, KeyPath, pattern
from dreamer.presets.model.schedules import Schedule
from dreamer.presets.model.schema import Preset
from dreamer.presets.model.words import UNIONS, type_words


@dataclass(frozen=True)
class SchemaKey:
    """A key of a preset. `path` is dotted, with N for the number of a target: "targets.N.layer"."""

    path: str
    words: str
    default: Any
    unit: str
    description: str
    choices: tuple[str, ...]
    owner: type[Table]
    required: bool
    # What a value, or the items of a list, may be beside its choices: bool, int, float, str.
    scalars: frozenset[type]
    is_table: bool

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
        return issubclass(self.owner, Schedule)

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole numbers."""
        return int in self.scalars and float not in self.scalars

    @property
    def type(self) -> str:
        """The type in words with its bounds and unit, such as "a whole number from 0 to 512 (px)"."""
        return f"{self.words} ({self.unit})" if self.unit else self.words


@cache
def all_keys(model: type[Table] = Preset) -> dict[str, SchemaKey]:
    """Every key by its dotted path, in the order of the data model, tables before what is in them."""
    return {key.path: key for key in _walk(model, "")}


def find_key(path: KeyPath, model: type[Table] = Preset) -> SchemaKey | None:
    """The key that a path leads to, or that holds what it leads to, such as `canvas.size` for `canvas.size.1`."""
    for length in range(len(path), 0, -1):
        if key := all_keys(model).get(pattern(path[:length])):
            return key
    return None


def names_in(table: str, model: type[Table] = Preset) -> list[str]:
    """The keys that a table takes, by their own names."""
    return [key.name for key in all_keys(model).values() if key.table == table]


def near_keys(path: KeyPath, model: type[Table] = Preset) -> list[str]:
    """What an unknown key may have been meant to be: names in the same table, else paths of keys elsewhere."""
    name = str(path[-1])
    close = nearest(name, names_in(pattern(path[:-1]), model))
    return close or [key.path for key in all_keys(model).values() if key.name == name][:3]


def _walk(model: type[Table], prefix: str) -> Iterator[SchemaKey]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield _key(path, field, model)
        for nested, in_list in _tables_in(field.annotation):
            yield from _walk(nested, f"{path}.{EACH}." if in_list else f"{path}.")


def _key(path: str, field: FieldInfo, owner: type[Table]) -> SchemaKey:
    tables = [table for table, _ in _tables_in(field.annotation) if not issubclass(table, Schedule)]
    return SchemaKey(
        path=path,
        words=type_words(field.annotation, field.metadata),
        default=None if field.default is PydanticUndefined else field.default,
        unit=next((item.unit for item in field.metadata if isinstance(item, Unit)), ""),
        description=field.description or "",
        choices=tuple(choice for choice in _choices(field.annotation) if isinstance(choice, str)),
        owner=owner,
        required=field.is_required(),
        scalars=frozenset(_scalars(field.annotation)),
        is_table=bool(tables),
    )


def _tables_in(annotation: Any, in_list: bool = False) -> Iterator[tuple[type[Table], bool]]:
    """The tables that a value may be or hold, each with whether it is an item of a list."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation, in_list
    for part in get_args(annotation):
        yield from _tables_in(part, in_list or get_origin(annotation) is tuple)


def _choices(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in UNIONS:
        for part in get_args(annotation):
            yield from _choices(part)


def _scalars(annotation: Any) -> Iterator[type]:
    if annotation in (bool, int, float, str):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _scalars(part)
