"""What has become of every job of a batch: one JSON object a line, only ever appended to.

A line is written with a single call, so that several processes can append to one file, and a process that is killed
in the middle of a line damages only that line: it is skipped when the file is read.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from dreamer.bounded import parse_json
from dreamer.errors import OutputError
from dreamer.refusals import refusal
from dreamer.texts import escaped_name, unescaped_name

FOLDER = ".dreamer"
_ALWAYS = ("key", "output", "state")


@dataclass(frozen=True)
class JournalEntry:
    """The last word about the job that writes `output`; `key` is that of `Job`, empty where its input cannot be read.

    `work` in megapixel-steps; `seconds` of computing; `time` in UTC.
    """

    key: str
    output: str
    state: Literal["done", "failed"]
    input: str = ""
    preset: str = ""
    network: str = ""
    error: str = ""
    seconds: float = 0.0
    work: float = 0.0
    time: str = ""
    __pydantic_config__: ClassVar = ConfigDict(allow_inf_nan=False)


_ENTRY = TypeAdapter(JournalEntry)


class Journal:
    """The journal of the batch in `folder`. Reading needs no file to be there; the first entry makes it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FOLDER / "journal.jsonl"
        self._entries: dict[str, JournalEntry] = {}
        self._outputs: dict[str, str] = {}
        self._read = 0
        self._torn = False
        self._file: int | None = None
        self._lock = threading.Lock()
        self.refresh()

    def entry(self, output: Path) -> JournalEntry | None:
        """The last entry of the job that writes `output`."""
        return self._entries.get(str(output))

    def made(self, output: Path) -> str | None:
        """The key of the job that wrote `output` last, whatever has failed since."""
        return self._outputs.get(str(output))

    def entries(self) -> list[JournalEntry]:
        """The last entry of every job, in the order of their first ones."""
        return list(self._entries.values())

    def refresh(self) -> None:
        """Read what others have appended. Raises OutputError where the file cannot be read."""
        try:
            with self._lock, self.path.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            raise refusal(OutputError, "the journal cannot be read", error, self.path) from error
        # A line without its end is being written, or never will be: it is read again, whole or with what follows.
        whole = data.rfind(b"\n") + 1
        self._read += whole
        self._torn = whole < len(data)
        for line in data[:whole].splitlines():
            if (entry := _parsed(line)) is not None:
                self._keep(entry)

    def append(self, entry: JournalEntry) -> None:
        """Add an entry, on disk when this returns as far as other processes are concerned. Raises OutputError."""
        entry = JournalEntry(**{**asdict(entry), "time": datetime.now(UTC).isoformat(timespec="seconds")})
        facts = {name: _written(value) for name, value in asdict(entry).items() if value or name in _ALWAYS}
        line = json.dumps(facts, ensure_ascii=True) + "\n"
        try:
            with self._lock:
                if self._file is None:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    self._file = os.open(self.path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644)
                # The end of a line that someone was killed in would swallow this one.
                data = (b"\n" if self._torn else b"") + line.encode()
                # A disk that becomes full takes a part of a line without a complaint.
                self._torn = os.write(self._file, data) < len(data)
                if self._torn:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise refusal(OutputError, "the journal cannot be written", error, self.path) from error
        self._keep(entry)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _keep(self, entry: JournalEntry) -> None:
        self._entries[entry.output] = entry
        if entry.state == "done":
            self._outputs[entry.output] = entry.key


def _parsed(line: bytes) -> JournalEntry | None:
    try:
        entry = _ENTRY.validate_python(parse_json(line))
    except ValueError:
        return None
    return JournalEntry(**{name: _read(value) for name, value in asdict(entry).items()})


def _written(value: Any) -> Any:
    return escaped_name(value) if isinstance(value, str) else value


def _read(value: Any) -> Any:
    return unescaped_name(value) if isinstance(value, str) else value
