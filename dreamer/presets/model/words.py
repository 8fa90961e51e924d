"""Types in words: "a list of 2 numbers from 0 to 1", from Python annotations with pydantic's bounds."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic.fields import FieldInfo

from dreamer.presets.model.fields import Spelling
from dreamer.presets.model.schedules import Schedule

UNIONS = (Union, types.UnionType)
# One, and many.
_SCALARS = {
    bool: ("true or false", "true or false"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("text", "texts"),
}
_TABLE = ("a table", "tables")


def type_words(annotation: Any, metadata: Iterable[Any] = (), *, many: bool = False) -> str:
    """A type in words; `many`: as the items of a list."""
    bounds = list(_flat(metadata))
    if spelling := next((item for item in bounds if isinstance(item, Spelling)), None):
        return spelling.words
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(parts[0], [*parts[1:], *bounds], many=many)
    if origin is Literal:
        return _listed([f'"{part}"' if isinstance(part, str) else str(part) for part in parts])
    if origin in UNIONS:
        present = [part for part in parts if part is not type(None)]
        # Of a value or nothing the bounds are the value's.
        return type_words(present[0], bounds, many=many) if len(present) == 1 else _alternatives(present, many=many)
    if origin is tuple:
        return _list_words(parts, bounds)
    if origin is dict:
        return _TABLE[many] if parts[1] is Any else f"a table of {type_words(parts[1], many=True)}"
    if isinstance(annotation, type) and issubclass(annotation, Schedule):
        return "{ from, to }"
    return _SCALARS.get(annotation, _TABLE)[many] + _bounds(bounds)


def _alternatives(parts: list[Any], *, many: bool) -> str:
    """The alternatives of a union; a list of what stands before it is only called that."""
    words: list[str] = []
    for part in parts:
        item = _item_of(part)
        short = item is not None and bool(words) and type_words(item) == _either(words)
        words.append("a list of these" if short else type_words(part, many=many))
    return _either(words)


def _item_of(annotation: Any) -> Any:
    """What a list of any length is of; None for everything else."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    parts = get_args(annotation)
    return parts[0] if get_origin(annotation) is tuple and parts[-1] is Ellipsis else None


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item


def _list_words(parts: tuple[Any, ...], bounds: list[Any]) -> str:
    items = type_words(parts[0], many=True)
    if parts[-1] is not Ellipsis:
        return f"a list of {len(parts)} {items}"
    least = next((bound.min_length for bound in bounds if isinstance(bound, MinLen)), 0)
    return f"a list of {items}{f', at least {least}' if least else ''}"


def _bounds(bounds: list[Any]) -> str:
    low = next((bound for bound in bounds if isinstance(bound, (Ge, Gt))), None)
    high = next((bound for bound in bounds if isinstance(bound, (Le, Lt))), None)
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
