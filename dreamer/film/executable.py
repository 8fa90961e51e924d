"""Where ffmpeg is, and what it can encode."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from dreamer.errors import ToolError

_ENCODER = re.compile(r"^ V\S{5} (\S+)", re.MULTILINE)
REMEDY = "Install ffmpeg, or imageio-ffmpeg with pip, or set DREAMER_FFMPEG to its path."
_VARIABLE = "IMAGEIO_FFMPEG_EXE"
_STARTING = threading.Lock()


def find_ffmpeg() -> str:
    """The ffmpeg to use: DREAMER_FFMPEG, then the system's, then imageio-ffmpeg's. Raises ToolError."""
    named = os.environ.get("DREAMER_FFMPEG")
    if named:
        if shutil.which(named) is None:
            raise ToolError("cannot be run as ffmpeg", where=f"DREAMER_FFMPEG={named}", remedy=REMEDY)
        return named
    installed = shutil.which("ffmpeg")
    if installed:
        return installed
    try:
        import imageio_ffmpeg

        executable: str = imageio_ffmpeg.get_ffmpeg_exe()
        return executable
    except (ImportError, RuntimeError) as error:
        raise ToolError("ffmpeg is not installed", remedy=REMEDY) from error


@contextmanager
def ffmpeg_for_imageio() -> Iterator[None]:
    """Let what imageio starts inside be the ffmpeg of `find_ffmpeg`. Raises ToolError where it cannot be run.

    imageio goes by an environment variable, which one thread at a time may set.
    """
    executable = find_ffmpeg()
    with _STARTING:
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = executable
        try:
            yield
        except OSError as error:
            if error.filename == executable:
                raise _not_runnable(executable, error) from error
            raise
        finally:
            os.environ.pop(_VARIABLE)
            if before is not None:
                os.environ[_VARIABLE] = before


@lru_cache(maxsize=4)
def encoders(executable: str) -> frozenset[str]:
    """Names of the video encoders that an ffmpeg has. Raises ToolError where it cannot be run."""
    return frozenset(_ENCODER.findall(run([executable, "-hide_banner", "-encoders"]).stdout))


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command and return its texts. Raises ToolError where it cannot be run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise _not_runnable(command[0], error) from error


def _not_runnable(executable: str, error: OSError) -> ToolError:
    return ToolError(f"cannot be run: {error.strerror}", where=executable, remedy=REMEDY)
