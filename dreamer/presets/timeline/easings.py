"""How a value gets from one key to the next: curves from 0 to 1 over the share of the time that has passed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar


class _Number(Protocol):
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...


Number = TypeVar("Number", bound=_Number)


def smoothstep(x: Number) -> Number:
    """The polynomial from 0 to 1 with level ends, of a float or of each element of a tensor, in [0, 1]."""
    eased: Number = x * x * (3 - 2 * x)
    return eased


HOLD = "hold"
EASINGS: dict[str, Callable[[float], float]] = {
    HOLD: lambda x: 0.0,
    "linear": lambda x: x,
    "smooth": smoothstep,
    "in": lambda x: x * x,
    "out": lambda x: x * (2 - x),
}
