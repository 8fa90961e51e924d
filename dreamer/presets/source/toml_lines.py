"""The line of every key in a TOML text, so that a mistake can be reported with its place."""

from __future__ import annotations

import re
import sys
import tomllib
from bisect import bisect_left

from dreamer.presets.model.paths import KeyPath

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[^\s.=\]#\"']+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))")


_SYNTAX = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)


def syntax_error(error: tomllib.TOMLDecodeError) -> tuple[str, int | None, int | None]:
    """What tomllib says is wrong, with line and column; these are None at the end of the text."""
    if sys.version_info >= (3, 14):
        return (error.msg, error.lineno, error.colno) if error.pos < len(error.doc) else (error.msg, None, None)
    # Before Python 3.14 the place is in the text of the error alone.
    match = _SYNTAX.fullmatch(str(error))
    if match is None or match["line"] is None:
        return (match["what"] if match else str(error)), None, None
    return match["what"], int(match["line"]), int(match["column"])


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of each key, table and list item of a valid TOML text."""
    scan = _Scan(text)
    scan.document()
    return scan.lines


class _Scan:
    """One pass over a text that tomllib has already found valid, so nothing is checked again."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0
        self.line_ends = [match.start() for match in re.finditer("\n", text)]
        self.lines: dict[KeyPath, int] = {}
        self.lengths: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while self._skip_blank() < len(self.text):
            if self._next_is("[["):
                table = self._header(2, in_list=True)
            elif self._next_is("["):
                table = self._header(1, in_list=False)
            else:
                self._pair(table)

    def _header(self, brackets: int, *, in_list: bool) -> KeyPath:
        start, self.position = self.position, self.position + brackets
        path: KeyPath = ()
        keys = self._key()
        self.position += brackets
        for number, key in enumerate(keys):
            path = (*path, key)
            self._mark(path, start)
            if in_list and number == len(keys) - 1:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        self._mark(path, start)
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self.position
        path = table
        for key in self._key():
            path = (*path, key)
            self._mark(path, start)
        self.position += 1  # the equals sign
        self._value(path)

    def _key(self) -> list[str]:
        """A dotted key; ends at the equals sign or bracket that follows it."""
        keys: list[str] = []
        while True:
            self._skip_blank()
            match = _STRING.match(self.text, self.position) or _BARE_KEY.match(self.text, self.position)
            if match is None:
                return keys
            keys.append(_unquoted(match[0]))
            self.position = match.end()
            self._skip_blank()
            if not self._next_is("."):
                return keys
            self.position += 1

    def _value(self, path: KeyPath) -> None:
        self._skip_blank()
        if self._next_is("["):
            self._items(path)
        elif self._next_is("{"):
            self._inline_table(path)
        elif match := _STRING.match(self.text, self.position) or _SCALAR.match(self.text, self.position):
            self.position = match.end()

    def _items(self, path: KeyPath) -> None:
        self.position += 1
        number = 0
        while self._skip_blank() < len(self.text) and not self._next_is("]"):
            self._mark((*path, number), self.position)
            self._value((*path, number))
            number += 1
            self._skip_comma()
        self.position += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.position += 1
        while self._skip_blank() < len(self.text) and not self._next_is("}"):
            self._pair(path)
            self._skip_comma()
        self.position += 1

    def _skip_comma(self) -> None:
        self._skip_blank()
        if self._next_is(","):
            self.position += 1

    def _skip_blank(self) -> int:
        match = _BLANK.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.position

    def _next_is(self, text: str) -> bool:
        return self.text.startswith(text, self.position)

    def _mark(self, path: KeyPath, position: int) -> None:
        self.lines.setdefault(path, bisect_left(self.line_ends, position) + 1)


def _unquoted(key: str) -> str:
    if key.startswith("'"):
        return key[1:-1]
    return _ESCAPE.sub(_escaped, key[1:-1]) if key.startswith('"') else key


def _escaped(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    return chr(int(code, 16)) if code else _ESCAPES.get(match[4], match[4])
