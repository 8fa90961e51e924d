"""Numbers that change over the steps: one for all, { from, to }, or a list with one of these for each octave."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

from annotated_types import Ge, Gt, Le, Lt, Unit
from pydantic import Discriminator, Field, Tag
from pydantic.fields import FieldInfo

from dreamer.presets.model.fields import Table, described

N = TypeVar("N", bound=float)
T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """Where a step stands: its octave, counted from 0, and the share, 0 to 1, of the octave and of all octaves."""

    octave: int
    share: float
    run: float


class Schedule(Table, Generic[N]):
    """A number that changes evenly over the steps of an octave, or of all of them. `N` is a float with its bounds."""

    start: N = Field(alias="from", description="value at the first step")
    end: N = Field(alias="to", description="value at the last step")
    over: Literal["octave", "run"] = described(
        "octave", "whether it goes from one value to the other in each octave, or once in the whole run"
    )

    def at(self, progress: Progress) -> float:
        """The value at a step."""
        return self.start + (self.end - self.start) * (progress.run if self.over == "run" else progress.share)

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """A short name for the JSON schema, by the bounds: Schedule_gt0_le10."""
        fields = [part for part in get_args(params[0]) if isinstance(part, FieldInfo)]
        bounds = [bound for field in fields for bound in field.metadata if isinstance(bound, (Ge, Gt, Le, Lt))]
        names = [f"{part.name}{getattr(bound, part.name)}" for bound in bounds for part in dataclass_fields(bound)]
        return "_".join([cls.__name__, *names])


def _form(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "list"
    return "schedule" if isinstance(value, (dict, Schedule)) else "number"


_NUMBER, _SCHEDULE, _LIST, _BY_FORM = Tag("number"), Tag("schedule"), Tag("list"), Discriminator(_form)

StepSize = Annotated[float, Field(gt=0, le=10)]
Sigma = Annotated[float, Field(ge=0, le=100)]
_StepSizes = Annotated[Annotated[StepSize, _NUMBER] | Annotated[Schedule[StepSize], _SCHEDULE], _BY_FORM]
_Sigmas = Annotated[Annotated[Sigma, _NUMBER] | Annotated[Schedule[Sigma], _SCHEDULE], _BY_FORM]
ScheduledStepSize = Annotated[
    Annotated[StepSize, _NUMBER] | Annotated[Schedule[StepSize], _SCHEDULE] | Annotated[tuple[_StepSizes, ...], _LIST],
    _BY_FORM,
]
ScheduledSigma = Annotated[
    Annotated[Sigma, _NUMBER] | Annotated[Schedule[Sigma], _SCHEDULE] | Annotated[tuple[_Sigmas, ...], _LIST],
    _BY_FORM,
    Unit("px"),
]


def at_octave(value: T | tuple[T, ...], octave: int) -> T:
    """The item of a list that belongs to an octave, counted from 0; what is no list holds for all of them."""
    return value[octave] if isinstance(value, tuple) else value


def value_at(value: float | Schedule[float] | tuple[float | Schedule[float], ...], progress: Progress) -> float:
    """What a number, schedule or list of them comes to at a step."""
    if isinstance(value, tuple):
        value = value[progress.octave]
    return value.at(progress) if isinstance(value, Schedule) else value
