"""Fuzzers look for bytes that end a reader in anything but a value or an error on purpose."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safetensors import safe_open

from dreamer.jobs.journal import Journal, JournalEntry
from dreamer.presets import load_preset
from dreamer.recipes import Recipe

ROOT = Path(__file__).resolve().parents[2]
PRESETS = sorted((ROOT / "presets").glob("*.toml"))
STARTING = 120  # seconds
OPTIONS = ("-max_len=20000", "-timeout=10", "-rss_limit_mb=4096", "-print_final_stats=1")
pytestmark = [pytest.mark.torture, pytest.mark.slow]


def recipes(folder: Path) -> Iterator[bytes]:
    for path in PRESETS:
        recipe = Recipe("0" * 32, load_preset(path), path.stem, "photo.png", "0" * 64, "1.0", {"precision": "float32"})
        yield recipe.to_json().encode()


def journals(folder: Path) -> Iterator[bytes]:
    journal = Journal(folder)
    for number, path in enumerate(PRESETS):
        error = "" if number % 2 else f"caf\udce9 \U0001f98a {path.name}: cannot be read"
        state = "done" if number % 2 else "failed"
        journal.append(JournalEntry("0" * 32, f"out/{path.stem}.png", state, "photo.png", path.stem, "pocket", error))
        yield journal.path.read_bytes()
    journal.close()


def presets(folder: Path) -> Iterator[bytes]:
    yield from (path.read_bytes() for path in PRESETS)


def weights(folder: Path) -> Iterator[bytes]:
    for path in (ROOT / "dreamer" / "networks" / "data").glob("*.safetensors"):
        with safe_open(path, "np") as file:
            yield file.metadata()["dreamer"].encode()
        yield path.read_bytes()[:20_000]


SEEDS: dict[str, Callable[[Path], Iterator[bytes]]] = {
    "recipe": recipes,
    "journal": journals,
    "preset": presets,
    "metadata": weights,
}


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="needs atheris, which not every Python has")
@pytest.mark.parametrize("reader", SEEDS)
def test_no_bytes_break_a_reader(
    reader: str, fuzzing_seconds: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, data in enumerate(SEEDS[reader](tmp_path)):
        (corpus / str(number)).write_bytes(data)
    limits = (f"-max_total_time={fuzzing_seconds}", f"-artifact_prefix={tmp_path}/", *OPTIONS)
    line = [sys.executable, "-m", "tests.torture.fuzz", reader, str(corpus), *limits]
    run = subprocess.run(
        line, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=fuzzing_seconds + STARTING
    )
    found = [path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith(("crash", "timeout", "oom"))]
    assert run.returncode == 0 and not found, f"{found}\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
    (tried,) = re.findall(r"stat::number_of_executed_units: +(\d+)", run.stderr)
    record_property("torture", (f"fuzz: {reader}", int(tried), 0))
