"""Small values that presets are made of: schedules, kernel selections, octave ranges, and the strict base model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
)
from pydantic_core import CoreSchema, core_schema


class Table(BaseModel):
    """A table of a preset: frozen, and any unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


def described(default: Any, description: str, *, unit: str = "", **bounds: Any) -> Any:
    """A field with its default, bounds, unit and description: the single source of all that is said about it."""
    extra: dict[str, JsonValue] | None = {"unit": unit} if unit else None
    return Field(default, description=description, json_schema_extra=extra, **bounds)


class Schedule(Table):
    """A number that changes evenly over the steps of an octave."""

    start: float = Field(alias="from", description="value at an octave's first step")
    end: float = Field(alias="to", description="value at an octave's last step")

    def at(self, progress: float) -> float:
        """The value at `progress` in [0, 1] of an octave."""
        return self.start + (self.end - self.start) * progress


@dataclass(frozen=True)
class Ends:
    """Bounds of both ends of a schedule, in the words of pydantic's numbers."""

    le: float
    ge: float | None = None
    gt: float | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, schedule: Schedule) -> Schedule:
        for name, value in (("from", schedule.start), ("to", schedule.end)):
            too_low = (self.ge is not None and value < self.ge) or (self.gt is not None and value <= self.gt)
            if too_low or value > self.le:
                lowest = f"above {self.gt:g} and at most" if self.gt is not None else f"from {self.ge or 0:g} to"
                raise ValueError(f"{name} = {value:g} is not a number {lowest} {self.le:g}")
        return schedule


@dataclass(frozen=True, eq=False)
class Spelling:
    """How a value is written that has shorter forms than its type shows: in words, and those forms as JSON schemas."""

    words: str
    forms: tuple[dict[str, Any], ...]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [*self.forms, handler(schema)]} if self.forms else handler(schema)


def value_at(number: float | Schedule, progress: float) -> float:
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
            raise ValueError("'strongest N' takes N from 1 to 1024")
        return f"strongest {count}"
    if isinstance(value, str) and _WORDS.match(value.strip()):
        return value.strip()
    parts = list(value) if isinstance(value, (list, tuple)) else [value]
    if not parts:
        raise ValueError("names no kernel; leave the key out to take all of them")
    numbers: list[int] = []
    for part in parts:
        if isinstance(part, int) and not isinstance(part, bool) and part >= 0:
            numbers.append(part)
        elif isinstance(part, str) and part.strip().isdecimal():
            numbers.append(int(part))
        elif isinstance(part, str) and (match := _RANGE.match(part.strip())) and int(match[1]) <= int(match[2]):
            numbers.extend(range(int(match[1]), int(match[2]) + 1))
        else:
            raise ValueError(f"{part!r} is no kernel; use a number, a range such as '64-79', 'strongest 5', or 'dogs'")
    return tuple(dict.fromkeys(numbers))


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
