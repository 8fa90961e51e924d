"""Films: what all but the gradient costs, and a zoom against a tool that loads its network for every frame."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import torch
import torch.nn.functional as F

from benchmarks.steps import SIDE, plain_loop
from benchmarks.timing import table
from dreamer import animate, load_network
from dreamer.motion import frames
from dreamer.presets import Preset
from dreamer.presets.model.schema import NetworkChoice

FRAMES, OCTAVES, STEPS, LAYER = 24, 2, 6, "inception4c"
PHOTO = Path(__file__).resolve().parents[1] / "inputs" / "sky.jpg"


def report() -> str:
    """Two tables: the shares of a film's wall time, and the whole against the plain tool, per frame."""
    choice = NetworkChoice(name="googlenet", weights="random")
    network = load_network(choice, device="cpu")
    preset = Preset.model_validate(
        {
            "targets": [{"layer": LAYER}],
            "octaves": {"count": OCTAVES, "scale": 1.4, "steps": STEPS},
            "canvas": {"size": [SIDE, SIDE]},
            "animation": {"length": f"{FRAMES}f", "zoom": 1.3, "lead_in": 1},
        }
    )
    dreaming = 0.0
    plain_dream = frames.dream

    def timed(*args: object, **options: object) -> torch.Tensor:
        nonlocal dreaming
        began = time.perf_counter()
        picture = plain_dream(*args, **options)  # type: ignore[arg-type]
        dreaming += time.perf_counter() - began
        return picture

    with tempfile.TemporaryDirectory() as folder, patch.object(frames, "dream", timed):
        began = time.perf_counter()
        animate(PHOTO, Path(folder) / "film.mp4", preset, network=network)
        whole = time.perf_counter() - began
    shares = table(
        f"a film of {FRAMES} frames, {SIDE} x {SIDE}, {OCTAVES} octaves of {STEPS} steps, GoogLeNet to {LAYER}",
        {"the whole film": [whole], "its dreams alone": [dreaming]},
    )
    reloading = _frame_with_reloading()
    per_frame = table(
        "the same, per frame", {"a plain tool": [reloading], "dreamer, everything included": [whole / FRAMES]}
    )
    return f"{shares}\n\n{per_frame}"


def _frame_with_reloading() -> float:
    """Seconds for a frame of a tool that builds its network for every frame and runs the whole of it in float32.

    Reading weights from disk is not counted.
    """
    image = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    began = time.perf_counter()
    gradient = plain_loop("googlenet", LAYER)
    for octave in range(OCTAVES):
        side = round(SIDE * 1.4 ** (octave + 1 - OCTAVES))
        picture = F.interpolate(image, size=(side, side), mode="bilinear")
        for _ in range(STEPS):
            step = gradient(picture)
            picture = (picture + 0.02 * step / (step.abs().max() + 1e-12)).clamp(0, 1)
    return time.perf_counter() - began
