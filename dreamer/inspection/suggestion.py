"""Which kernels a photo activates more than other photos do: what to dream on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.errors import TargetError, did_you_mean
from dreamer.networks import Network
from dreamer.presets.model.schema import Target

Region = tuple[float, float, float, float]
WHOLE: Region = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Suggestion:
    """A kernel, and how far its activation on a photo lies above that on photographs, in their standard deviations."""

    layer: str
    kernel: int
    excess: float
    classes: tuple[str, ...]

    @property
    def target(self) -> Target:
        """The target that dreams it."""
        return Target.model_validate({"layer": self.layer, "kernels": self.kernel})


def suggest_kernels(
    network: Network,
    photo: Tensor,
    *,
    region: Region = WHOLE,
    layers: Sequence[str] | None = None,
    count: int = 12,
    of_each_layer: int = 3,
) -> list[Suggestion]:
    """The kernels that (1, 3, H, W) in [0, 1], or a region of it, activates most against other photographs.

    `region`: left, top, right and bottom as shares of the photo. Other photographs are those that the network was
    described with (`dreamer networks describe`). The most unusual come first, `of_each_layer` at most of one layer.
    Raises WeightsError where the network was never described, TargetError for a layer that was not.
    """
    description = network.description
    chosen = list(layers or _middle_layers(list(description.layers)))
    for layer in chosen:
        if layer not in description.layers:
            remedy = did_you_mean(layer, description.layers) or f"There are {', '.join(description.layers)}."
            raise TargetError(f"layer {layer!r} was not described", remedy=remedy)
    with torch.no_grad():
        activations = network.cut(chosen)(photo)
    suggestions: list[Suggestion] = []
    for layer in chosen:
        strength = _inside(activations[layer].float().clamp_min(0), region).mean((2, 3))[0].cpu()
        kernels = description.layers[layer]
        means, stds = torch.tensor([k.mean for k in kernels]), torch.tensor([k.std for k in kernels])
        excess = (strength - means) / (stds + 0.05 * stds.mean())
        for value, kernel in zip(*excess.topk(min(of_each_layer, len(kernels))), strict=True):
            names = tuple(description.classes[index] for index, _ in kernels[int(kernel)].classes[:3])
            suggestions.append(Suggestion(layer, int(kernel), round(float(value), 2), names))
    return sorted(suggestions, key=lambda suggestion: -suggestion.excess)[:count]


def _middle_layers(layers: list[str]) -> list[str]:
    """Without the first, which respond to edges only, the last, which keep hardly any position, and poolings."""
    others = [layer for layer in layers if "pool" not in layer]
    return others[len(others) // 3 : max(len(others) - len(others) // 6, 1)]


def _inside(activation: Tensor, region: Region) -> Tensor:
    """The cells of (B, C, h, w) whose middles lie in the region; at least one."""
    height, width = activation.shape[-2:]
    left, top, right, bottom = region

    def cells(low: float, high: float, count: int) -> slice:
        first = min(int(low * count), count - 1)
        return slice(first, max(first + 1, round(high * count)))

    return activation[:, :, cells(top, bottom, height), cells(left, right, width)]
