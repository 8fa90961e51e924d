"""The public signatures against a stored listing, so that a change of them is seen.

python -m tests.test_public_api    writes the listing anew
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

# What is public, as docs/library.md says: the names in `__all__` of these modules.
MODULES = ("dreamer", "dreamer.errors", "dreamer.dreaming.events", "dreamer.inspection")
LISTING = Path(__file__).with_name("public_api.txt")


def listing() -> str:
    """Every public name with its signature, its fields and its public methods."""
    return "\n".join(line for name in MODULES for line in of_module(importlib.import_module(name))) + "\n"


def of_module(module: ModuleType) -> Iterator[str]:
    """The lines of a module."""
    yield f"{module.__name__}:"
    for name in sorted(module.__all__):
        value = getattr(module, name)
        if inspect.isclass(value):
            yield from indented(of_class(name, value))
        elif inspect.isfunction(value):
            yield from indented(of_function(name, value))
        else:
            yield f"  {name}"


def of_class(name: str, kind: type) -> Iterator[str]:
    """The lines of a class: its fields or its constructor; its own methods and properties."""
    bases = ", ".join(base.__name__ for base in kind.__bases__ if base is not object)
    yield f"class {name}({bases})" if bases else f"class {name}"
    if dataclasses.is_dataclass(kind):
        yield from (f"  {field.name}: {field.type}" for field in dataclasses.fields(kind))
    elif fields := getattr(kind, "model_fields", None):
        yield from (f"  {field}" for field in fields)
    elif "__init__" in vars(kind):
        yield from indented(of_function("__init__", vars(kind)["__init__"]))
    for member, value in sorted(vars(kind).items()):
        if member.startswith("_") and member != "__call__":
            continue
        if isinstance(value, property):
            yield f"  {member} -> {inspect.signature(value.fget).return_annotation if value.fget else None}"
        elif inspect.isfunction(value):
            yield from indented(of_function(member, value))
        elif isinstance(value, (classmethod, staticmethod)):
            yield from indented(of_function(member, value.__func__))


def of_function(name: str, function: Callable[..., object]) -> Iterator[str]:
    """What it returns, and a line for each parameter: those behind `*` by name only."""
    signature = inspect.signature(function)
    yield f"{name} -> {signature.return_annotation}"
    by_name = False
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not by_name:
            by_name = True
            yield "  *"
        default = parameter.default
        shown = default.__name__ if inspect.isfunction(default) else repr(default)
        value = "" if default is inspect.Parameter.empty else f" = {shown}"
        annotation = "" if parameter.name == "self" else f": {parameter.annotation}"
        yield f"  {parameter.name}{annotation}{value}"


def indented(lines: Iterable[str]) -> Iterator[str]:
    """Two spaces further in."""
    return (f"  {line}" for line in lines)


def test_public_signatures_are_those_that_are_listed() -> None:
    now, listed = listing().splitlines(), LISTING.read_text(encoding="utf-8").splitlines()
    changes = "\n".join(difflib.unified_diff(listed, now, "listed", "now", lineterm="", n=1))
    assert not changes, f"{changes}\nWhere this is on purpose: python -m tests.test_public_api"


if __name__ == "__main__":
    LISTING.write_text(listing(), encoding="utf-8")
