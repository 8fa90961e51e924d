from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

import pytest
import torch

from dreamer.jobs.events import JobListener
from dreamer.jobs.executors import Inline
from dreamer.jobs.inputs import NO_INPUT, Input
from dreamer.jobs.job import Job
from dreamer.jobs.outputs import OutputTemplate
from dreamer.jobs.plan import Variant, plan_jobs
from dreamer.jobs.run import Choices, JobRun, Tally
from dreamer.pictures import write_picture
from dreamer.presets import Preset


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three small photos in `photos`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dreamer.presets.source.lookup.user_config_path", lambda *_, **__: tmp_path / "home")
    for number in range(1, 4):
        add_photo(f"photos/{number}.png", number)
    return tmp_path


def run_inline(
    jobs: Sequence[Job],
    listen: JobListener,
    *,
    device: str = "cpu",
    force: bool = False,
    with_recipe: bool = True,
    threads: int | None = None,
) -> Tally:
    """Run planned jobs in this process, as `dreamer render` does."""
    choices = Choices(stale=True, force=force, with_recipe=with_recipe)
    with Inline(device=device, threads=threads, listen=listen) as executor:
        return JobRun(jobs, choices, listen).run(executor)


def planned(
    sources: Sequence[str | None], presets: Sequence[tuple[str, Preset]], output: str, **settings: Any
) -> list[Job]:
    """Jobs of files, or None, by named presets."""
    inputs = [NO_INPUT if source is None else Input(Path(source), PurePath(Path(source).stem)) for source in sources]
    variants = [Variant(name, name, preset) for name, preset in presets]
    return plan_jobs(inputs, variants, OutputTemplate(output), **settings)


def add_photo(path: str, seed: int, size: tuple[int, int] = (40, 48)) -> Path:
    generator = torch.Generator().manual_seed(seed)
    write_picture(path, torch.rand((3, *size), generator=generator))
    return Path(path)


@contextmanager
def claimed_elsewhere(folder: Path | None, output: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has claimed a job of a batch, or an output without one; killed at the end."""
    where = "" if folder is None else f"Path({str(folder)!r})"
    code = (
        "import time; from pathlib import Path; from dreamer.jobs.claims import Claims\n"
        f"claims = Claims({where}); print(claims.take(Path({str(output)!r})), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None and other.stdout.readline() == "True\n"
            yield other
        finally:
            other.kill()
