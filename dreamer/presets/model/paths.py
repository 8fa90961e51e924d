"""Key paths: where a value stands in the nested tables and lists of a preset."""

from __future__ import annotations

from collections.abc import Iterable

KeyPath = tuple[str | int, ...]

# Stands for the number of an item of a list, in the path of a key that every item has.
EACH = "N"


def dotted(path: Iterable[str | int]) -> str:
    """A key path as it is written for `--set`: targets.0.layer."""
    return ".".join(str(part) for part in path)


def pattern(path: Iterable[str | int]) -> str:
    """A key path with N for the numbers of items: targets.N.layer."""
    return dotted(EACH if isinstance(part, int) else part for part in path)
