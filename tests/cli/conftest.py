from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dreamer.cli import main

Dreamer = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and a home without presets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dreamer.presets.source.lookup.user_config_path", lambda *_, **__: tmp_path / "home")
    return tmp_path


@pytest.fixture
def dreamer(folder: Path) -> Dreamer:
    """Runs a command line in an empty working folder."""

    def run(*args: str) -> Result:
        return CliRunner().invoke(main, args, prog_name="dreamer")

    return run
