"""Feature maps of a photo, the strongest first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.networks import LOGITS, Network


@dataclass(frozen=True)
class FeatureMap:
    """A kernel's map (h, w) on a photo, with its mean and largest activation."""

    layer: str
    kernel: int
    activation: Tensor
    mean: float
    peak: float


def feature_maps(network: Network, photo: Tensor, layers: list[str], count: int | None = None) -> list[FeatureMap]:
    """The maps of each of `layers` on (1, 3, H, W) in [0, 1], by falling mean; `count` of each layer, or all.

    Raises TargetError for an unknown layer, or the logits.
    """
    if LOGITS in layers:
        raise TargetError(f"{LOGITS!r} has no maps", remedy="`dreamer inspect classify` shows them.")
    with torch.no_grad():
        activations = network.cut(layers)(photo)
    strongest = []
    for layer in layers:
        maps = activations[layer][0].float().cpu()
        means = maps.mean((1, 2))
        for kernel in means.argsort(descending=True)[:count].tolist():
            activation = maps[kernel]
            mean, peak = float(means[kernel]), float(activation.max())
            strongest.append(FeatureMap(layer, kernel, activation, mean, peak))
    return strongest
