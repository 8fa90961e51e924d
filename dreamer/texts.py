"""Texts as they are shown: cut where they are long, and printable whatever bytes a name was made of."""

from __future__ import annotations

import codecs
import json
import os
import re
from typing import Any

ERRORS = "dreamer"
"""For `open` and streams: bytes of names that are not text go out as they came in, what else cannot be encoded as
"\\\\u2603"."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ESCAPED = re.compile(rb"\\(?:\\|x([89a-f][0-9a-f]))")


def around(text: str, place: int = 0, *, width: int = 100) -> str:
    """A text on one line, cut to `width` characters around `place` where it is longer, with "..." at the cuts."""
    text = text.rstrip()
    start = max(0, min(place - width // 2, len(text) - width))
    end = start + width
    cut = " ".join(text[start:end].split())
    return f"{'...' if start else ''}{cut}{'...' if end < len(text) else ''}"


def printable(text: str) -> str:
    """A text that every encoding of Unicode takes: "?" for each byte of a name that is not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def harmless(text: str) -> str:
    r"""A text that cannot steer a terminal: control characters, as in names, as "\x1b"; ends of lines and tabs stay."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def escaped_name(name: str) -> str:
    r"""A file's name as text that every format, parser and locale takes, without loss: its bytes as UTF-8, where one
    is not, it is written as "\xe9", and a backslash as two."""
    return _bytes_of(name).replace(b"\\", rb"\\").decode("utf-8", "backslashreplace")


def unescaped_name(text: str) -> str:
    """The name that `escaped_name` made this text of."""
    data = text.encode("utf-8", "backslashreplace")
    return os.fsdecode(_ESCAPED.sub(lambda match: bytes([int(match[1], 16)]) if match[1] else b"\\", data))


def _bytes_of(name: str) -> bytes:
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:  # not a name that came from this file system
        return name.encode("utf-8", "backslashreplace")


def first_line(text: str) -> str:
    """The first line of a text; nothing where there is none."""
    return next(iter(text.splitlines()), "")


def json_line(facts: object, **options: Any) -> str:
    """JSON on one line, readable; bytes of names that are not UTF-8 as "\\udcff", which `json.loads` gives back."""
    return json.dumps(facts, ensure_ascii=False, **options).encode("utf-8", "backslashreplace").decode("utf-8")


def _encoded(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        signs = error.object[error.start : error.end]
        if all("\udc80" <= sign <= "\udcff" for sign in signs):
            return bytes(ord(sign) - 0xDC00 for sign in signs), error.end
    return codecs.backslashreplace_errors(error)


codecs.register_error(ERRORS, _encoded)


def duration(seconds: float) -> str:
    """A time for people: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
