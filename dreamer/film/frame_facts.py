"""Whose frames a folder of frames holds. Imports no torch, so that a plan can ask."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

from dreamer.atomic import atomic_write
from dreamer.bounded import parse_json, regular
from dreamer.errors import OutputError
from dreamer.refusals import refusal

FACTS = "film.json"


class FrameFacts(BaseModel):
    """`key` identifies the frames, with the network's weights and precision; `film` what the frames are of, without."""

    key: str = Field(max_length=64)
    film: str = Field(default="", max_length=64)


def read_frame_facts(folder: Path) -> FrameFacts | None:
    """The facts in a folder of frames; None where there is none, or nobody can tell.

    Raises OutputError where the system refuses to read them: they may be the facts of finished frames.
    """
    try:
        return FrameFacts.model_validate(parse_json(regular(folder / FACTS).read_bytes()))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise refusal(OutputError, "the kept frames cannot be read", error, folder / FACTS) from error


def write_frame_facts(folder: Path, facts: FrameFacts, *, remedy: str) -> None:
    """Put the facts into a folder of frames. Raises OutputError."""
    with atomic_write(folder / FACTS, "w", remedy=remedy) as file:
        file.write(facts.model_dump_json())
