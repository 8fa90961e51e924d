"""Batches beside their gradients and against separate commands; atlases many at a time; occlusion in batches."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.timing import interleaved, table
from dreamer import load_network, write_picture
from dreamer.dreaming.dream import dream
from dreamer.inspection.occlusion import occlude
from dreamer.networks import LOGITS, Network
from dreamer.presets import Preset, load_preset
from dreamer.presets.model.schema import NetworkChoice, Target

PHOTOS, SIDE, APART = 32, 256, 4
KERNELS = 64


def report() -> str:
    """The tables of batches, atlases and occlusion."""
    return "\n\n".join([batch_table(), atlas_table(), occlusion_table()])


def batch_table() -> str:
    """A folder of same-sized photos: by batch, by render, its gradients alone, and a command for each photo."""
    preset = load_preset("deep-dream", [f"canvas.size={SIDE}"])
    with tempfile.TemporaryDirectory() as folder:
        for number in range(PHOTOS):
            noise = torch.rand((3, 192, SIDE), generator=torch.Generator().manual_seed(number))
            write_picture(Path(folder) / "in" / f"{number}.png", noise)
        gradients = _gradients(preset, load_network("pocket"))
        began = time.perf_counter()
        _command(folder, "batch", "in", "-p", "deep-dream", "-o", "out", "--size", str(SIDE), "--no-gallery")
        whole = time.perf_counter() - began
        began = time.perf_counter()
        _command(folder, "render", "in", "-p", "deep-dream", "--size", str(SIDE))
        rendered = time.perf_counter() - began
        start = _start_up(folder)
        began = time.perf_counter()
        for number in range(APART):
            _command(
                folder,
                "render",
                f"in/{number}.png",
                "-p",
                "deep-dream",
                "-o",
                f"apart/{number}.png",
                "--size",
                str(SIDE),
            )
        apart = (time.perf_counter() - began) * PHOTOS / APART
    inside = table(
        f"{PHOTOS} photos of {SIDE} x 192 px through deep-dream, the shipped network",
        {
            "their bare gradients": [gradients],
            "the batch, without starting up": [whole - start],
            "render over the folder, without starting up": [rendered - start],
        },
    )
    outside = table("the same, counting start-up", {"a command for each": [apart], "one batch": [whole]})
    return f"{inside}\n\n{outside}"


def _gradients(preset: Preset, network: Network) -> float:
    """Seconds for the bare gradients of all steps of all photos, one photo at a time, with nothing around them."""
    layers = [layer for target in preset.targets for layer in target.layer or (LOGITS,)]
    cut = network.cut(layers)
    total = 0.0
    for octave in range(preset.octaves.count):
        factor = preset.octaves.scale ** (octave + 1 - preset.octaves.count)
        image = torch.rand(1, 3, max(cut.smallest, round(192 * factor)), max(cut.smallest, round(SIDE * factor)))

        def step(image: torch.Tensor = image) -> None:
            leaf = image.clone().requires_grad_(True)
            score = sum(seen.float().square().mean() for seen in cut(leaf).values())
            torch.autograd.grad(score, leaf)

        step()
        repeats = 12
        began = time.perf_counter()
        for _ in range(repeats):
            step()
        total += (time.perf_counter() - began) / repeats * preset.octaves.steps_at(octave)
    return total * PHOTOS


def _start_up(folder: str) -> float:
    """Seconds until the first picture of a batch could begin: a batch of one picture with a single small step."""
    began = time.perf_counter()
    _command(folder, "batch", "in/0.png", "-p", "deep-dream", "-o", "tiny", "--size", "64", "--set", "octaves.count=1",
             "--set", "octaves.steps=1", "--no-gallery")  # fmt: skip
    return time.perf_counter() - began


def _command(folder: str, *words: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "dreamer", *words]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)


def atlas_table() -> str:
    """Kernels of GoogLeNet's maxpool3 at 128 px, one at a time and eight at a time."""
    network = load_network(NetworkChoice(name="googlenet", weights="random"))
    changes = ["octaves.output_scale=1", "canvas.size=128", "octaves.steps=12"]
    study = load_preset("kernel-study", changes)
    each = [(Target.model_validate({"layer": "maxpool3", "kernels": k, "measure": "mean"}),) for k in range(KERNELS)]

    def drawn(together: int) -> None:
        for first in range(0, KERNELS, together):
            dream(study, network, batch_targets=each[first : first + together])

    seconds = interleaved({"one at a time": lambda: drawn(1), "eight at a time": lambda: drawn(8)}, rounds=2)
    return table(f"an atlas of {KERNELS} kernels at 128 px, GoogLeNet", seconds)


def occlusion_table() -> str:
    """Squares of 50 px by 10 px over a 224 px photo with GoogLeNet."""
    choice = NetworkChoice(name="googlenet", weights="random")
    fast, plain = load_network(choice), load_network(choice).module.eval()
    photo = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    normalized = fast.normalized

    def one_by_one() -> None:
        with torch.no_grad():
            for top in range(0, 175, 10):
                for left in range(0, 175, 10):
                    image = photo.clone()
                    image[:, :, top : top + 50, left : left + 50] = 0.5
                    plain(normalized(image)).softmax(1)

    ways = {"one square at a time": one_by_one, "dreamer inspect occlusion": lambda: occlude(fast, photo, 0, 50, 10)}
    return table("occlusion, squares of 50 by 10 px on 224 px, GoogLeNet", interleaved(ways, rounds=2))
