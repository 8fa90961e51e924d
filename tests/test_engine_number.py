"""Pixels and the engine's number change together, so that a job's key changes whenever the mathematics does.

`engine.npz` holds, for every shipped preset, what a small dream adds to its canvas on a coarse grid. It is compared
with a tolerance, because processors round differently; exact digests on one machine are those of `tools/golden.py`.
Where the mathematics is meant to change, raise `dreamer.ENGINE` and run `python -m tests.test_engine_number`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import dreamer
from dreamer import Network, Preset, load_network, load_preset, read_picture
from dreamer.dreaming.dream import dream
from dreamer.dreaming.filters import resized
from dreamer.motion.frames import FrameLoop
from dreamer.pictures.named import preset_pictures
from dreamer.presets.adjust import with_first_octaves

ROOT = Path(__file__).parents[1]
STORE = Path(__file__).parent / "engine.npz"
PRESETS = sorted(file.stem for file in (ROOT / "presets").glob("*.toml"))
FRAMES = 3
GRID = 8
# Of the dream's own size. Float32 sums in another order come out about a thousandth apart after these few steps.
TOLERANCE = 0.02


@lru_cache(maxsize=4)
def network_for(choice: str) -> Network:
    return load_network(load_preset(choice).network, device="cpu", precision="float32")


def small(name: str) -> Preset:
    changes = ["octaves.steps=2", "octaves.output_scale=1", "canvas.size=72"]
    if load_preset(name).animation is not None:
        changes.append("animation.fps=2")
    preset = load_preset(name, changes)
    everywhere = [target.model_copy(update={"octaves": None}) for target in preset.targets]
    return with_first_octaves(preset.model_copy(update={"targets": tuple(everywhere)}), 2)


@lru_cache(maxsize=1)
def photo() -> Tensor:
    return resized(read_picture(ROOT / "inputs" / "sky.jpg").pixels.unsqueeze(0), 48, 72).clamp(0, 1)


def signature(name: str) -> np.ndarray:
    """(pictures, 3, GRID, GRID): what the dream, or each of a film's first frames, differs from mid-gray."""
    preset, network = small(name), network_for(name)
    start = photo() if preset.canvas.start == "photo" else None
    pictures = preset_pictures(preset)
    if preset.animation is None:
        images = [dream(preset, network, start, pictures=pictures)]
    else:
        loop = FrameLoop(preset, network, start, pictures=pictures)
        images = [frame.picture for frame in loop.frames(stop=FRAMES)]
    plain = 0.5 if start is None else F.adaptive_avg_pool2d(start, GRID)
    grids = [F.adaptive_avg_pool2d(image, GRID) - plain for image in images]
    return torch.cat(grids).numpy()


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.slow
def test_where_pixels_change_the_number_does(name: str) -> None:
    with np.load(STORE) as stored:
        assert int(stored["engine"]) == dreamer.ENGINE, "run `python -m tests.test_engine_number`"
        assert name in stored, "a new preset: run `python -m tests.test_engine_number`"
        known = stored[name]
    now = signature(name)
    assert now.shape == known.shape
    difference = np.linalg.norm(now - known) / np.linalg.norm(known)
    assert difference < TOLERANCE, (
        f"{name} dreams otherwise ({difference:.1%} off): raise dreamer.ENGINE, so that finished jobs are done again, "
        "and run `python -m tests.test_engine_number`"
    )


def test_the_number_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dreamer.jobs.job import Job, job_key

    job = Job(None, load_preset("flock"), "flock", tmp_path / "a.png")
    before = job_key(job)
    monkeypatch.setattr(dreamer, "ENGINE", dreamer.ENGINE + 1)
    assert job_key(job) != before


def sign() -> None:
    """Write the signatures; those of presets that are known already only together with a higher number."""
    known = dict(np.load(STORE)) if STORE.exists() else {}
    same_engine = int(known.get("engine", -1)) == dreamer.ENGINE
    kept = {name: known[name] for name in PRESETS if same_engine and name in known}
    new = {name: signature(name) for name in PRESETS if name not in kept}
    np.savez_compressed(STORE, engine=np.array(dreamer.ENGINE), **kept, **new)  # type: ignore[arg-type]
    print(f"engine {dreamer.ENGINE}: {len(new)} new signatures, {len(kept)} kept")


if __name__ == "__main__":
    sign()
