"""Milliseconds per megapixel-step at several sizes, on the device at hand: what small pictures lose to launches."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.steps import whole_steps
from benchmarks.timing import interleaved
from dreamer.networks import load_network
from dreamer.presets import Preset
from dreamer.presets.model.schema import NetworkChoice

SIDES = (128, 256, 512, 1024)
STEPS = 8


def report(name: str, layer: str, rounds: int) -> str:
    """The table of one network: dreamer's whole step, on CUDA also without graphs."""
    choice = NetworkChoice(name=name, weights="random")
    network = load_network(choice)
    cut = network.cut([layer])
    passes = {"ms/Mpx-step": cut._repeated}
    if network.device.type == "cuda":
        passes["without graphs"] = cut.graph
    preset = Preset.model_validate({"targets": [{"layer": layer}], "ascent": {"jitter": 32}})
    pictures = whole_steps(network, layer, preset)
    lines = [f"{name} to {layer}; {network.reason}", f"{'side':>6}" + "".join(f"{way:>16}" for way in passes)]

    def stepping(image: Tensor, repeated: Callable[[Tensor], dict[str, Tensor]]) -> Callable[[], None]:
        def steps() -> None:
            cut._repeated = repeated
            for _ in pictures(image, STEPS):
                pass
            if network.device.type == "cuda":
                torch.cuda.synchronize()

        return steps

    for side in SIDES:
        image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(network.device)
        seconds = interleaved({way: stepping(image, repeated) for way, repeated in passes.items()}, rounds)
        each = (1000 * statistics.median(times) / (STEPS * side * side / 1e6) for times in seconds.values())
        lines.append(f"{side:6}" + "".join(f"{value:16.1f}" for value in each))
    return "\n".join(lines)
