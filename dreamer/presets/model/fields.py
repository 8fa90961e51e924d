"""Small values that presets are made of: schedules, kernel selections, octave ranges, and the strict base model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Annotated, Any, Generic, Literal, LiteralString, TypeVar, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError

# The kind of a mistake that lies between values each of which would be right by itself.
CONTRADICTION: LiteralString = "contradiction"
N = TypeVar("N", bound=float)


class Table(BaseModel):
    """A table of a preset: frozen, and any unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


def described(default: Any, description: str, **bounds: Any) -> Any:
    """A field with its default, bounds and description. Its unit is `annotated_types.Unit` in the annotation."""
    return Field(default, description=description, **bounds)


def mistake(kind: LiteralString, message: str, *path: str | int) -> PydanticCustomError:
    """What a validator raises: what is wrong, and where, as the keys below the value that is validated."""
    return PydanticCustomError(kind, "{message}", {"message": message, "path": path})


class Schedule(Table, Generic[N]):
    """A number that changes evenly over the steps of an octave. `N` is a float with its bounds."""

    start: N = Field(alias="from", description="value at an octave's first step")
    end: N = Field(alias="to", description="value at an octave's last step")

    def at(self, progress: float) -> float:
        """The value at `progress` in [0, 1] of an octave."""
        return self.start + (self.end - self.start) * progress

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """A short name for the JSON schema, by the bounds: Schedule_gt0_le10."""
        fields = [part for part in get_args(params[0]) if isinstance(part, FieldInfo)]
        bounds = [bound for field in fields for bound in field.metadata if isinstance(bound, (Ge, Gt, Le, Lt))]
        names = [f"{part.name}{getattr(bound, part.name)}" for bound in bounds for part in dataclass_fields(bound)]
        return "_".join([cls.__name__, *names])


def _form(value: Any) -> str:
    return "schedule" if isinstance(value, (dict, Schedule)) else "number"


# A number or a schedule: Annotated[Annotated[N, NUMBER] | Annotated[Schedule[N], SCHEDULE], NUMBER_OR_SCHEDULE].
NUMBER, SCHEDULE, NUMBER_OR_SCHEDULE = Tag("number"), Tag("schedule"), Discriminator(_form)


@dataclass(frozen=True, eq=False)
class Spelling:
    """How a value is written that has shorter forms than its type shows: in words, and those forms as JSON schemas."""

    words: str
    forms: tuple[dict[str, Any], ...]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [*self.forms, handler(schema)]} if self.forms else handler(schema)


def value_at(number: float | Schedule[float], progress: float) -> float:
    """The value of a number or schedule at `progress` in [0, 1]."""
    return number.at(progress) if isinstance(number, Schedule) else number


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
