"""Small values that presets are made of: described fields, kernel selections, names, and the strict base model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, LiteralString

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError

# The kind of a mistake that lies between values each of which would be right by itself.
CONTRADICTION: LiteralString = "contradiction"
Share = Annotated[float, Field(ge=0, le=1)]


class Table(BaseModel):
    """A table of a preset: frozen, and any unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


# What a table may hold that may also be a name: it is validated as Python, where strictness would refuse a list.
LIST = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)


def described(default: Any, description: str, **bounds: Any) -> Any:
    """A field with its default, bounds and description. Its unit is `annotated_types.Unit` in the annotation."""
    return Field(default, description=description, **bounds)


def mistake(kind: LiteralString, message: str, *path: str | int) -> PydanticCustomError:
    """What a validator raises: what is wrong, and where, as the keys below the value that is validated."""
    return PydanticCustomError(kind, "{message}", {"message": message, "path": path})


@dataclass(frozen=True, eq=False)
class Spelling:
    """How a value is written that has shorter forms than its type shows: in words, and those forms as JSON schemas."""

    words: str
    forms: tuple[dict[str, Any], ...]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [*self.forms, handler(schema)]} if self.forms else handler(schema)


_RANGE = re.compile(r"^(\d+)\s*-\s*(\d+)$")
_STRONGEST = re.compile(r"^strongest(?:\s+(\d+))?$")
_WORDS = re.compile(r"^[^\W\d_]+(?:[ ,_-]+[^\W\d_]+)*$")


def check_kernels(value: Any) -> Any:
    """Turn "12", "64-79" and mixtures in a list into numbers; leave "strongest N" and words. Raises ValueError."""
    if isinstance(value, str) and (match := _STRONGEST.match(value.strip())):
        count = int(match[1] or 1)
        if not 1 <= count <= 1024:
            raise mistake("kernels", "'strongest N' takes N from 1 to 1024")
        return f"strongest {count}"
    if isinstance(value, str) and _WORDS.match(value.strip()):
        return value.strip()
    parts = list(value) if isinstance(value, (list, tuple)) else [value]
    if not parts:
        raise mistake("kernels", "names no kernel; leave the key out to take all of them")
    return tuple(dict.fromkeys(number for part in parts for number in _kernel_numbers(part)))


def _kernel_numbers(part: Any) -> Iterable[int]:
    if isinstance(part, int) and not isinstance(part, bool) and part >= 0:
        return [part]
    if isinstance(part, str) and part.strip().isdecimal():
        return [int(part)]
    if isinstance(part, str) and (match := _RANGE.match(part.strip())) and int(match[1]) <= int(match[2]):
        return range(int(match[1]), int(match[2]) + 1)
    what = f"{part!r} is not a kernel; use a number, a range such as '64-79', 'strongest 5', or 'dogs'"
    raise mistake("kernels", what)


def strongest_count(kernels: tuple[int, ...] | str | None) -> int | None:
    """N of "strongest N", or None where the kernels are given by number or by words."""
    match = _STRONGEST.match(kernels) if isinstance(kernels, str) else None
    return int(match[1] or 1) if match else None


Kernels = Annotated[
    tuple[int, ...] | str,
    BeforeValidator(check_kernels),
    Spelling(
        'a kernel number, "64-79", a list of these, "strongest N", or words such as "dogs"',
        ({"type": "integer", "minimum": 0}, {"type": "array", "items": {"type": ["integer", "string"]}}),
    ),
]


def _one_or_many(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[str, ...], BeforeValidator(_one_or_many), Spelling("a name or a list of names", ({"type": "string"},))
]
Measure = Literal["energy", "mean", "logit", "probability"]
