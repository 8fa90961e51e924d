from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for what is kept of songs."""
    folder = tmp_path / "cache"
    monkeypatch.setattr("dreamer.sound.hear.user_cache_path", lambda *_, **__: folder)
    monkeypatch.setattr("dreamer.sound.hear._KNOWN", {})
    return folder
