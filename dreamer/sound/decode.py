"""Any file with sound to samples, by ffmpeg."""

from __future__ import annotations

import logging
import re
import subprocess
from pathlib import Path

import numpy as np

from dreamer.bounded import regular
from dreamer.errors import SoundError
from dreamer.film.executable import find_ffmpeg, run
from dreamer.refusals import refusal

RATE = 22050
_log = logging.getLogger("dreamer")
_DURATION = re.compile(r"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)")
_SOUND = re.compile(r"^\s*Stream #.*: Audio: ", re.MULTILINE)
# What a container says of its length may be a little off; a file that breaks off is so by more.
_SHARE_MISSING, _SECONDS_MISSING = 0.02, 1.0
_REMEDY = "Copy or download it again."


def decode(path: Path) -> np.ndarray:
    """The first sound stream of a file as (N,) float32 samples, its channels mixed, `RATE` a second.

    Raises SoundError for what has no sound, cannot be decoded or breaks off; ToolError without ffmpeg.
    """
    stated = stated_seconds(path)
    command = [find_ffmpeg(), "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0", "-ac", "1"]
    # As in films: sound that begins late does so here, too.
    command += ["-af", "aresample=async=1:first_pts=0"]
    result = subprocess.run(
        [*command, "-ar", str(RATE), "-f", "f32le", "-"], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    samples = np.frombuffer(result.stdout[: len(result.stdout) // 4 * 4], np.float32)
    complaint = next(iter(result.stderr.decode(errors="replace").strip().splitlines()), "")
    if result.returncode or not len(samples):
        raise SoundError(f"cannot be decoded: {complaint or 'no sound in it'}", where=str(path), remedy=_REMEDY)
    seconds = len(samples) / RATE
    if stated is not None and stated - seconds > max(_SECONDS_MISSING, _SHARE_MISSING * stated):
        raise SoundError(f"breaks off after {seconds:.1f} of {stated:.1f} s", where=str(path), remedy=_REMEDY)
    if complaint:
        _log.warning("%s: has damaged places: %s", path, complaint)
    return np.nan_to_num(samples)


def stated_seconds(path: Path) -> float | None:
    """How long a file says that it is. Raises SoundError where there is no such file or no sound in it."""
    try:
        regular(path)
    except OSError as error:
        raise refusal(SoundError, "cannot be read", error, path) from error
    told = run([find_ffmpeg(), "-nostdin", "-hide_banner", "-i", str(path)]).stderr
    match = _DURATION.search(told)
    if not _SOUND.search(told):
        is_media = "Stream #" in told
        what = "has no sound in it" if is_media else "is not a sound that can be read"
        remedy = "Give a song, or a film with sound." if is_media else _REMEDY
        raise SoundError(what, where=str(path), remedy=remedy)
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else None
