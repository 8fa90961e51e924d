"""Coverage-guided fuzzing of what reads files of anyone: python -m tests.torture.fuzz READER CORPUS [OPTIONS].

Every input must end in a value or in a short error on purpose. Needs atheris.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["dreamer"]):
    from dreamer.errors import DreamerError
    from dreamer.jobs.journal import FOLDER, Journal
    from dreamer.jobs.orders import read_jobs_file
    from dreamer.networks.metadata import parse_metadata
    from dreamer.networks.state_files import read_safetensors
    from dreamer.presets import load_preset
    from dreamer.recipes import parse_recipe

LONGEST_LINE = 2000
_FOLDER = Path(tempfile.mkdtemp(prefix="dreamer-fuzz-"))


def recipe(data: bytes) -> None:
    """The text inside a picture."""
    parse_recipe(data.decode("utf-8", "surrogateescape"), where="x.png")


def journal(data: bytes) -> None:
    """The lines of a batch's journal: those that are damaged are skipped."""
    path = _FOLDER / FOLDER / "journal.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    for entry in Journal(_FOLDER).entries():
        if entry.state not in ("done", "failed"):
            raise ValueError(f"an entry of no state: {entry}")


def preset(data: bytes) -> None:
    """A preset, and a file of jobs."""
    path = _FOLDER / "x.toml"
    path.write_bytes(data)
    for read in (load_preset, read_jobs_file):
        try:
            read(path)
        except DreamerError as error:
            _check(error)


def metadata(data: bytes) -> None:
    """What a file of weights says about itself, and the whole of such a file."""
    with contextlib.suppress(ValueError):  # which its caller tells in its own words
        parse_metadata({"dreamer": data.decode("utf-8", "replace")})
    header = json.dumps({"__metadata__": {"dreamer": data.decode("latin1")}}).encode()
    path = _FOLDER / "x.safetensors"
    for content in (data, len(header).to_bytes(8, "little") + header):
        path.write_bytes(content)
        try:
            read_safetensors(path)
        except DreamerError as error:
            _check(error)


READERS: dict[str, Callable[[bytes], None]] = {
    reader.__name__: reader for reader in (recipe, journal, preset, metadata)
}


def _check(error: DreamerError) -> None:
    if not str(error).strip() or any(len(line) > LONGEST_LINE for line in str(error).splitlines()):
        raise ValueError(f"a message that nobody reads: {str(error)[:4000]!r}") from error


def main() -> None:
    """Fuzz one reader."""
    read = READERS[sys.argv[1]]

    def attempt(data: bytes) -> None:
        try:
            read(data)
        except DreamerError as error:
            _check(error)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
