"""Class names: looking them up by index or, forgivingly, by name; and reading them from files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from dreamer.bounded import regular
from dreamer.errors import TargetError, WeightsError, nearest
from dreamer.refusals import refusal

_PLACES = re.compile(r"^/?(?:[a-z]/)?(.+?)(?:\s+\d+)?$")


@lru_cache(maxsize=4096)
def normalized_name(name: str) -> str:
    """A class name without case and punctuation: "Shih-Tzu" and "shih_tzu" are both "shih tzu"."""
    return " ".join(re.findall(r"[^\W_]+", name.lower()))


def class_index(wanted: int | str, classes: Sequence[str]) -> int:
    """The index of a class given by index or name.

    A name may differ in case and punctuation, or be a part of just one class's name. Raises TargetError with the
    nearest names otherwise.
    """
    if isinstance(wanted, int) or wanted.isdecimal():
        if not 0 <= int(wanted) < len(classes):
            raise TargetError(f"there is no class {wanted}", remedy=f"Classes are numbered 0 to {len(classes) - 1}.")
        return int(wanted)
    names = [normalized_name(name) for name in classes]
    asked = normalized_name(wanted)
    if asked in names:
        return names.index(asked)
    containing = search_classes(wanted, classes)
    whole = [index for index in containing if asked in names[index].split()]
    if len(containing) == 1 or len(whole) == 1:
        return (whole or containing)[0]
    suggestions = [classes[index] for index in containing[:5]] or nearest(wanted, classes)
    advice = f"Did you mean {' or '.join(repr(name) for name in suggestions)}? " if suggestions else ""
    raise TargetError(
        f"there is no class {wanted!r}", remedy=f"{advice}`dreamer networks classes NAME --search WORD` lists them."
    )


def search_classes(word: str, classes: Sequence[str]) -> list[int]:
    """Indices of the classes whose names contain `word`."""
    asked = normalized_name(word)
    return [index for index, name in enumerate(classes) if asked and asked in normalized_name(name)]


def read_labels(path: Path) -> tuple[str, ...]:
    """Class names from a text file, one a line; also as Places365 writes them, "/a/airfield 0".

    Raises WeightsError where the file cannot be read or is empty.
    """
    try:
        lines = regular(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise refusal(WeightsError, "the labels cannot be read", error, path) from error
    except UnicodeDecodeError as error:
        remedy = "Name a text file in UTF-8, with one class a line."
        raise WeightsError(f"the labels cannot be read: {error}", where=str(path), remedy=remedy) from error
    names = tuple(_label(line.strip()) for line in lines if line.strip())
    if not names:
        raise WeightsError("the file of labels is empty", where=str(path))
    return names


def _label(line: str) -> str:
    match = _PLACES.match(line) if line.startswith("/") else None
    return match[1].replace("/", " ") if match else line
