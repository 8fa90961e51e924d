"""Whole processes whose streams, names and files are not as one would wish."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dreamer.pictures import write_picture

DREAMER = f"{sys.executable} -m dreamer"
TINY = "--size 32 --set octaves.count=1 --set octaves.steps=1 --device cpu"


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which $DREAMER stands for the program."""
    variables = {**os.environ, "DREAMER": DREAMER, **environment}
    return subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, env=variables, check=False)


@pytest.mark.parametrize(
    ("redirected", "code"),
    [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), (">/dev/full", 1), ("2>/dev/full", 0)],
)
@pytest.mark.slow
def test_streams_that_are_closed_or_full(redirected: str, code: int, tmp_path: Path) -> None:
    result = shell(f"cd {tmp_path}; $DREAMER presets {redirected}")
    assert result.returncode == code, result.stderr
    assert b"Traceback" not in result.stderr and b"Exception ignored" not in result.stderr


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full"])
def test_errors_keep_their_code_where_nobody_can_read_them(redirected: str, tmp_path: Path) -> None:
    assert shell(f"cd {tmp_path}; $DREAMER render none.png -p whisper {redirected}").returncode == 3


@pytest.mark.slow
@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_names_that_are_not_utf_8_are_rendered_and_found_again(locale: dict[str, str], tmp_path: Path) -> None:
    for name in (b"caf\xe9.png", "🦊.png".encode()):
        write_picture(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"in", name)), torch.rand(3, 32, 32))
    for command in ("render in -o out/{name}", "batch in -o batch"):
        first = shell(f"cd {tmp_path}; $DREAMER {command} -p whisper --json {TINY}", **locale)
        assert first.returncode == 0, first.stderr
        assert len([json.loads(line) for line in first.stdout.splitlines()]) == 2
        again = shell(f"cd {tmp_path}; $DREAMER {command} -p whisper {TINY}", **locale)
        assert again.returncode == 0 and b"Traceback" not in again.stderr
    assert sorted(os.listdir(os.fsencode(tmp_path / "out"))) == [b"caf\xe9.png", "🦊.png".encode()]
    assert shell(f"cd {tmp_path}; $DREAMER gallery out; $DREAMER sheet in", **locale).returncode == 0
    copy = shell(f"cd {tmp_path}; cp in/* .; $DREAMER again out/*.png --device cpu", **locale)
    assert copy.returncode == 0, copy.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.parametrize(
    "command",
    [
        "render PIPE.png -p whisper",
        "animate PIPE.mp4 -p soft-film",
        "animate PIPE.gif -p soft-film",
        "again PIPE.png",
        "again made.png --input PIPE",
        "sheet PIPE.png PIPE.mp4 PIPE",
        "gallery .",
        "recipe PIPE.png",
        "batch --jobs PIPE.toml -o out",
        "render made.png -p ./PIPE.toml",
        "presets check ./PIPE.toml",
        "networks layers ./PIPE.safetensors",
        "render made.png -p whisper --set network.weights=./PIPE.pth",
    ],
)
@pytest.mark.slow
def test_nobody_waits_for_a_pipe(command: str, tmp_path: Path) -> None:
    from dreamer.presets import load_preset
    from dreamer.recipes import Recipe

    for name in ("PIPE", "PIPE.png", "PIPE.mp4", "PIPE.gif", "PIPE.toml", "PIPE.safetensors", "PIPE.pth"):
        os.mkfifo(tmp_path / name)
    recipe = Recipe("key", load_preset("whisper"), "whisper", "photo.png", "0" * 64)
    write_picture(tmp_path / "made.png", torch.rand(3, 32, 32), recipe=recipe.to_json())
    result = shell(f"cd {tmp_path}; $DREAMER {command}")
    assert b"Traceback" not in result.stderr
    assert result.returncode in ((0, 1) if command == "gallery ." else (1, 2, 3, 4)), result.stderr
