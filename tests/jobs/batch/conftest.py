from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from dreamer.pictures import write_picture


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three small photos in `photos`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dreamer.presets.source.lookup.user_config_path", lambda *_, **__: tmp_path / "home")
    for number in range(1, 4):
        add_photo(f"photos/{number}.png", number)
    return tmp_path


def add_photo(path: str, seed: int, size: tuple[int, int] = (40, 48)) -> Path:
    generator = torch.Generator().manual_seed(seed)
    write_picture(path, torch.rand((3, *size), generator=generator))
    return Path(path)


@contextmanager
def claimed_elsewhere(folder: Path, output: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has claimed a job, killed at the end."""
    code = (
        "import time; from pathlib import Path; from dreamer.jobs.batch.claims import Claims\n"
        f"claims = Claims(Path({str(folder)!r})); print(claims.take(Path({str(output)!r})), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None and other.stdout.readline() == "True\n"
            yield other
        finally:
            other.kill()
