"""A whole dream: 40 steps over 4 octaves at 512 x 512, against the loop that scripts write."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.steps import SIDE, cut_gradient, plain_loop
from benchmarks.timing import interleaved, table
from dreamer.dreaming.dream import dream
from dreamer.dreaming.octaves import octave_sizes
from dreamer.networks import load_network
from dreamer.presets import Preset
from dreamer.presets.model.schema import NetworkChoice

LAYER = "inception4c"


def report(rounds: int) -> str:
    """The table: a plain script, the bare gradients of the same steps, and `dream()`."""
    choice = NetworkChoice(name="googlenet", weights="random")
    network = load_network(choice, device="cpu")
    preset = Preset.model_validate({"targets": [{"layer": LAYER}], "octaves": {"count": 4, "scale": 1.4, "steps": 10}})
    photo = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    sizes = octave_sizes((SIDE, SIDE), preset.octaves, network.cut([LAYER]).smallest)
    plain, bare = plain_loop("googlenet", LAYER), cut_gradient(network.cut([LAYER]), LAYER)

    def script() -> Tensor:
        picture = photo
        for height, width in sizes:
            picture = F.interpolate(picture, size=(height, width), mode="bilinear")
            for _ in range(10):
                shift = tuple(torch.randint(-32, 33, (2,)).tolist())
                gradient = plain(torch.roll(picture, shift, (2, 3)))
                gradient = torch.roll(gradient, (-shift[0], -shift[1]), (2, 3))
                picture = (picture + 0.02 * gradient / (gradient.abs().max() + 1e-12)).clamp(0, 1)
        return picture

    def bare_steps() -> None:
        for height, width in sizes:
            picture = F.interpolate(photo, size=(height, width), mode="bilinear")
            for _ in range(10):
                bare(picture)

    ways = {
        "a plain script": script,
        "bare gradients of the same steps": bare_steps,
        "dreamer.dream()": lambda: dream(preset, network, photo),
    }
    return table(f"googlenet to {LAYER}, 40 steps over 4 octaves to {SIDE} x {SIDE}", interleaved(ways, rounds))
