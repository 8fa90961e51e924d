"""Files that anyone may have written: bounded before they are parsed, so that no text can exhaust a parser.

Parsers recurse, and what they return is walked again by recursion; integers of thousands of digits cannot even be
printed. Neither occurs in anything that dreamer or a person writes. Imports no torch.
"""

from __future__ import annotations

import errno
import json
import re
import stat
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

MAX_CHARACTERS = 8_000_000
MAX_DEPTH = 64
MAX_DIGITS = 40
_TOO_DEEP = f"it is nested more than {MAX_DEPTH} deep"

# What does not count, comments and strings; brackets; numbers that are too long. A string without an end is taken as
# far as it goes, and never begun again at the next quote: that would take the square of the text's length.
_COUNTED = rf"(?P<bracket>[\[\]{{}}])|(?P<number>\d[\d_]{{{MAX_DIGITS},}})"
_JSON = re.compile(rf'"(?:[^"\\]|\\.)*+"?|{_COUNTED}', re.DOTALL)
_TOML = re.compile(
    r'#[^\n]*|"""(?:[^\\"]|\\.|"(?!""))*+"{0,5}|'
    r"'''(?:[^']|'(?!''))*+'{0,5}|"
    r'"(?:[^"\\\n]|\\.)*+"?|'
    rf"'[^'\n]*+'?|{_COUNTED}",
    re.DOTALL,
)


def regular(path: Path) -> Path:
    """The path of a file that can be opened without waiting for someone, or OSError: pipes and devices are refused."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "this is not a regular file", str(path))
    return path


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for what is not JSON (NaN is not), too long or too deep."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    _check(text, _JSON)
    return json.loads(text, parse_constant=_refuse_constant)


def parse_toml(text: str) -> dict[str, Any]:
    """The table of a TOML text. Raises tomllib.TOMLDecodeError, and ValueError for what is too long or too deep."""
    _check(text, _TOML)
    tree = tomllib.loads(text)
    if _is_deep(tree):  # dotted keys nest without brackets
        raise ValueError(_TOO_DEEP)
    return tree


def _check(text: str, tokens: re.Pattern[str]) -> None:
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{len(text)} characters are too many")
    depth = 0
    for token in tokens.finditer(text):
        if token["number"]:
            raise ValueError(f"a number has more than {MAX_DIGITS} digits")
        if bracket := token["bracket"]:
            depth += 1 if bracket in "[{" else -1
            if depth > MAX_DEPTH:
                raise ValueError(_TOO_DEEP)


def _is_deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _inside(value)]
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
