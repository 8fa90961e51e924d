"""Where ffmpeg is, and what it can encode."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import lru_cache

from dreamer.errors import ToolError

_ENCODER = re.compile(r"^ V\S{5} (\S+)", re.MULTILINE)
REMEDY = "Install ffmpeg, or imageio-ffmpeg with pip, or set DREAMER_FFMPEG to its path."


def find_ffmpeg() -> str:
    """The ffmpeg to use: DREAMER_FFMPEG, then the system's, then imageio-ffmpeg's. Raises ToolError."""
    named = os.environ.get("DREAMER_FFMPEG")
    if named:
        if shutil.which(named) is None:
            raise ToolError("cannot be run as ffmpeg", where=f"DREAMER_FFMPEG={named}", remedy=REMEDY)
        return named
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        import imageio_ffmpeg

        executable: str = imageio_ffmpeg.get_ffmpeg_exe()
        return executable
    except (ImportError, RuntimeError) as error:
        raise ToolError("ffmpeg is not installed", remedy=REMEDY) from error


@lru_cache(maxsize=4)
def encoders(executable: str) -> frozenset[str]:
    """Names of the video encoders that an ffmpeg has. Raises ToolError where it cannot be run."""
    return frozenset(_ENCODER.findall(run([executable, "-hide_banner", "-encoders"]).stdout))


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command and return its texts. Raises ToolError where it cannot be run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise ToolError(f"cannot be run: {error.strerror}", where=command[0], remedy=REMEDY) from error
