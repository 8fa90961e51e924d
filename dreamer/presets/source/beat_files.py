"""Beats by hand: a text file with the seconds of each, as beat trackers and audio editors write them."""

from __future__ import annotations

import re
from pathlib import Path

from dreamer.bounded import regular
from dreamer.errors import PresetError
from dreamer.refusals import remedy

_MOST_BYTES = 1 << 22
# Labels may stand behind the seconds; what an editor marks as a span begins with its first number.
_NUMBER = re.compile(r"^\s*(\d+(?:\.\d*)?|\.\d+)(?=[\s,;]|$)")


def read_beats(path: Path) -> list[float]:
    """The seconds of beats, one a line, ascending; empty lines and those that begin with # do not count.

    Raises PresetError with the line of what is wrong.
    """
    try:
        with regular(path).open(encoding="utf-8-sig") as file:
            lines = file.read(_MOST_BYTES).splitlines()
    except UnicodeDecodeError as error:
        raise PresetError(["is not a text file in UTF-8"], where=str(path)) from error
    except OSError as error:
        raise PresetError([f"cannot be read: {error.strerror}"], where=str(path), remedy=remedy(error)) from error
    beats: list[float] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _NUMBER.match(line)
        if match is None:
            raise PresetError(
                [f"{line.strip()[:40]!r} is not a time in seconds, such as 12.5"], where=f"{path}:{number}"
            )
        if beats and float(match[1]) <= beats[-1]:
            raise PresetError([f"{match[1]} s is not later than {beats[-1]:g} s before it"], where=f"{path}:{number}")
        beats.append(float(match[1]))
    if len(beats) < 2:
        raise PresetError(["holds no two beats; write the seconds of each on a line"], where=str(path))
    return beats
