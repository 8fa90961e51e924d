"""Which ffmpeg is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamer.errors import ToolError
from dreamer.film.executable import find_ffmpeg


def test_without_ffmpeg_a_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAMER_FFMPEG", str(tmp_path / "none"))
    with pytest.raises(ToolError, match="Install ffmpeg"):
        find_ffmpeg()
