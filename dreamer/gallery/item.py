"""What a gallery shows: one item a job, whatever became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Item:
    """A dreamt picture or film, or one that failed.

    `path`: its file; `before`: the photo that it was dreamt over, where that can be found. `recipe`: as TOML.
    `failed`: the reason, where there is no file. Size in px; `time`: when it was made, in seconds since 1970.
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
