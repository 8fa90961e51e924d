"""What two presets differ in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dreamer.presets.model.paths import KeyPath, dotted
from dreamer.presets.model.schema import Preset

# What a preset is called changes no pixel.
_NAMES = {"title", "description"}


def differences(one: Preset, other: Preset) -> list[str]:
    """The keys, as for `--set`, whose values are not the same; of lists of another length the list itself."""
    first, second = (preset.model_dump(mode="json", by_alias=True, exclude=_NAMES) for preset in (one, other))
    return [dotted(path) for path in _differing(first, second, ())]


def _differing(one: Any, other: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _differing(one[key], other[key], (*path, key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other) and path == ("targets",):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from _differing(first, second, (*path, number))
    elif one != other:
        yield path
