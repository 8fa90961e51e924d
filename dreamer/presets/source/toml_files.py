"""TOML files, presets or not, as values with their places."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from dreamer.bounded import parse_toml, regular
from dreamer.errors import PresetError
from dreamer.presets.source.layers import Place, PresetLayer
from dreamer.presets.source.lookup import SUFFIX
from dreamer.presets.source.toml_lines import key_lines, syntax_error
from dreamer.refusals import remedy
from dreamer.texts import around

# A value that begins as a word.
_UNQUOTED = re.compile(r"^[^#=]*=\s*(?!(?:true|false|inf|nan)\b)[A-Za-z]")


def read_toml(file: Path) -> PresetLayer:
    """The values of a TOML file, each with its place. Raises PresetError for what cannot be read or is not TOML."""
    try:
        text = regular(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PresetError(["is not a text file in UTF-8"], where=str(file)) from error
    except OSError as error:
        raise PresetError([f"cannot be read: {error.strerror}"], where=str(file), remedy=remedy(error)) from error
    try:
        tree = parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(error, file, text) from error
    except ValueError as error:
        raise PresetError([str(error)], where=str(file)) from error
    return PresetLayer(tree, {path: Place(str(file), line) for path, line in key_lines(text).items()})


def _syntax_error(error: tomllib.TOMLDecodeError, file: Path, text: str) -> PresetError:
    """tomllib's message with its line, and the commonest remedy where it applies."""
    message, line, column = syntax_error(error)
    if line is None:
        return PresetError([f"{message}, at the end of the file"], where=str(file))
    where = f"{file}:{line}:{column}"
    if file.suffix != SUFFIX:  # someone else's file, of which nothing is shown
        return PresetError([message], where=where, remedy="It is not a preset.")
    written = text.splitlines()[line - 1]
    advice = "\n  Text needs quotes." if _UNQUOTED.match(written) else ""
    return PresetError([message], where=where, remedy=f"{around(written, (column or 1) - 1)}{advice}")
