"""A song from its file: measured, or listened to once and kept by the digest of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import TypeAdapter, ValidationError

from dreamer.atomic import atomic_write
from dreamer.bounded import regular
from dreamer.errors import OutputError, SoundError
from dreamer.presets.timeline.hearing import Song
from dreamer.refusals import refusal
from dreamer.sound.decode import RATE, decode, stated_seconds

Progress = Callable[[float], None]
# Raised when songs come out otherwise: what was kept of them before is then not used.
ANALYSIS = 1
_SONG = TypeAdapter(Song)
# Songs of this process by the digests of their bytes.
_KNOWN: dict[str, Song] = {}


def measure(path: Path) -> Song:
    """How long a song is, and nothing else of it. Raises SoundError, ToolError."""
    digest = sound_digest(path)
    return _measured(path, digest)


def hear(path: Path, progress: Progress = lambda share: None) -> Song:
    """A song that is listened to; what was found of the same bytes before is used again.

    `progress` is called with the share that is done. Raises SoundError, also without librosa; ToolError.
    """
    digest = sound_digest(path)
    return replace(_heard(path, digest, progress), name=path.name)


def sound_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises SoundError where it cannot be read."""
    try:
        status = regular(path).stat()
        return _digest_of(path.absolute(), status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise refusal(SoundError, "cannot be read", error, path) from error


def heard_digest(song: Song) -> str:
    """Digest of all that was found in a song: films that follow it depend on that."""
    return hashlib.sha256(_SONG.dump_json(replace(song, name=""))).hexdigest()


@lru_cache(maxsize=64)
def _digest_of(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=8)
def _measured(path: Path, digest: str) -> Song:
    stated_seconds(path)
    return Song(path.name, round(len(decode(path)) / RATE, 4), digest)


def _heard(path: Path, digest: str, progress: Progress) -> Song:
    if digest in _KNOWN:
        return _KNOWN[digest]
    file = user_cache_path("dreamer", appauthor=False) / "songs" / f"{digest[:24]}-{ANALYSIS}.json"
    song = _kept(file, digest)
    if song is None:
        from dreamer.sound.analysis import analyze

        song = replace(analyze(decode(path), path.name, progress), digest=digest)
        _keep(file, song)
    _KNOWN[digest] = song
    return song


def _kept(file: Path, digest: str) -> Song | None:
    try:
        song = _SONG.validate_json(regular(file).read_bytes())
    except (OSError, ValidationError):  # not there, or of another version
        return None
    return song if song.digest == digest else None


def _keep(file: Path, song: Song) -> None:
    # A folder that cannot be written only means that the song is listened to again.
    with suppress(OutputError), atomic_write(file) as stream:
        stream.write(_SONG.dump_json(song))
