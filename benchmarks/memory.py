"""What large stills take: peak resident memory of the whole command, and seconds of dreaming a megapixel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

SIDES = (1024, 2048, 4096, 8192)
PHOTO = Path(__file__).resolve().parents[1] / "inputs" / "sky.jpg"
SETTINGS = ("--layer", "inception4c", "--set", "octaves.count=3", "--set", "octaves.steps=1")


def report(limit: str = "6G", sides: Sequence[int] = SIDES) -> str:
    """The table, of `dreamer render` in a process of its own for each size, on the processor in float32."""
    lines = [
        f"deep-dream to inception4c, 3 octaves of 1 step, float32, --max-memory {limit}",
        f"{'side':>6}{'peak GB':>10}{'s/Mpx':>8}{'ratio':>8}",
    ]
    first = 0.0
    for side in sides:
        peak, seconds = measured(side, limit)
        each = seconds / (side * side / 1e6)
        first = first or each
        lines.append(f"{side:6}{peak / 1e9:10.2f}{each:8.3f}{each / first:8.2f}")
    return "\n".join(lines)


def measured(side: int, limit: str) -> tuple[int, float]:
    """Peak resident bytes of a command that dreams over a photo of side x side px, and how long it dreamt."""
    with tempfile.TemporaryDirectory() as folder:
        with Image.open(PHOTO) as image:
            image.resize((side, side)).save(f"{folder}/photo.png", compress_level=1)
            # A small one first, after which everything is loaded.
            image.resize((256, 256)).save(f"{folder}/a.png")
        command = [sys.executable, "-m", "dreamer", "render", f"{folder}/a.png", f"{folder}/photo.png"]
        command += ["-p", "deep-dream", "--set", "canvas.size=", *SETTINGS, "--device", "cpu", "--precision", "float32"]
        command += ["--max-memory", limit, "--json", "--progress", "none", "-o", f"{folder}/{{stem}}-dream.png"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            printed = process.stdout.read() if process.stdout else ""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed")
    outcomes = [json.loads(line) for line in printed.splitlines()]
    # Linux counts in KiB.
    return usage.ru_maxrss * 1024, next(each["seconds"] for each in outcomes if "photo" in each["output"])
