"""What a gallery shows, and what its caller knows of the jobs behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dreamer.errors import DreamerError


@dataclass(frozen=True)
class Outcome:
    """What became of a job. `input`: its photo, if there is one; `failed`: the reason, if it did."""

    output: Path
    preset: str
    input: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Item:
    """A dreamt picture or film, or one that failed.

    `path`: its file; `before`: the photo that it was dreamt over, if that is there. `recipe`: as TOML.
    `failed`: the reason, if there is no file; `unread`: that of one which cannot be read now. Size in px; `time`:
    when it was made, in seconds since 1970.
    """

    path: Path
    kind: Literal["still", "film"]
    preset: str
    input: str
    before: Path | None = None
    recipe: str = ""
    network: str = ""
    seed: int = 0
    width: int = 0
    height: int = 0
    time: float = 0.0
    failed: str = ""
    unread: DreamerError | None = None
