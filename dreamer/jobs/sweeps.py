"""Sweeps: a preset rendered with every combination of some values. Imports no torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dreamer.bounded import parse_toml
from dreamer.errors import UsageError
from dreamer.pictures.names import as_file_name


@dataclass(frozen=True)
class Axis:
    """A key of the preset and the values that it takes in turn, as TOML writes them."""

    key: str
    values: tuple[str, ...]


def parse_sweep(text: str) -> Axis:
    """The axis of a text such as "octaves.scale=1.2,1.4,1.8"; bare words are text. Raises UsageError."""
    key, equals, written = text.partition("=")
    values = tuple(_values(written)) if equals else ()
    if not key.strip() or not values:
        raise UsageError(
            "names no values", where=f"--sweep {text}", remedy="Write it as KEY=A,B,C, such as octaves.scale=1.2,1.4."
        )
    return Axis(key.strip(), values)


def _values(written: str) -> Iterator[str]:
    """The texts between commas that are in no brackets or quotes."""
    depth, start, quote = 0, 0, ""
    for place, sign in enumerate(written):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif sign == "," and depth == 0:
            yield written[start:place].strip()
            start = place + 1
    last = written[start:].strip()
    if last:
        yield last


def combinations(axes: Sequence[Axis]) -> list[tuple[str, ...]]:
    """Every combination of the axes' values, as overrides; one empty combination without axes."""
    each = [[f"{axis.key}={value}" for value in axis.values] for axis in axes]
    return list(itertools.product(*each))


def label(overrides: Sequence[str]) -> str:
    """A name for a combination that can be a folder's: "octaves.scale=1.4, seed=3"."""
    return as_file_name(", ".join(_short(each) for each in overrides))


def _short(override: str) -> str:
    key, _, value = override.partition("=")
    try:
        parsed = parse_toml(f"value = {value}")["value"]
    except ValueError:
        parsed = value
    return f"{key}={parsed if isinstance(parsed, str) else value}"
