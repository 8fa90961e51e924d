"""Feature maps of a photo: the strongest, those of chosen kernels, or all of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from dreamer.dreaming.protocols import require_kernels
from dreamer.errors import TargetError
from dreamer.inspection.photos import own_input
from dreamer.networks import LOGITS, Network

Order = Literal["strength", "index"]


@dataclass(frozen=True)
class FeatureMap:
    """A kernel's map (h, w) on a photo, with its mean and largest activation; signed where no ReLU came before."""

    layer: str
    kernel: int
    activation: Tensor
    mean: float
    peak: float

    @property
    def cell(self) -> tuple[int, int]:
        """Row and column of the largest activation."""
        return divmod(int(self.activation.argmax()), self.activation.shape[1])


def feature_maps(
    network: Network,
    photo: Tensor,
    layers: Sequence[str],
    count: int | None = None,
    *,
    kernels: Sequence[int] = (),
    order: Order = "strength",
) -> list[FeatureMap]:
    """The maps of each of `layers` on (1, 3, H, W) in [0, 1], by falling mean or by index; `count` of each, or all.

    Of a fully connected layer, whose units have one cell each, always all by index.

    `kernels`: only these, as they are listed. Raises TargetError for an unknown layer or kernel, or the logits.
    """
    if LOGITS in layers:
        raise TargetError(f"{LOGITS!r} has no maps", remedy="`dreamer inspect classify` shows them.")
    for layer in layers:
        require_kernels(network, layer, kernels)
    with torch.no_grad():
        activations = _activations(network, photo, layers)
    found = []
    for layer in layers:
        maps = activations[layer][0].float().cpu()
        means = maps.mean((1, 2))
        # The units of a fully connected layer make one map together, which only all of them do.
        strongest = _ordered(means, order)[:count] if maps[0].numel() > 1 else range(len(means))
        for kernel in kernels or strongest:
            found.append(FeatureMap(layer, kernel, maps[kernel], float(means[kernel]), float(maps[kernel].max())))
    return found


def _ordered(means: Tensor, order: Order) -> list[int]:
    return list(range(len(means))) if order == "index" else [int(kernel) for kernel in means.argsort(descending=True)]


def _activations(network: Network, photo: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """Activations by layer; fully connected layers get a picture of their own, see `own_input`."""
    rows = [layer for layer in layers if network.is_fully_connected(layer)]
    maps = [layer for layer in layers if layer not in rows]
    groups = [group for group in (maps, rows) if group]
    return {
        layer: activation
        for group in groups
        for layer, activation in network.cut(group)(own_input(network, group[0], photo)).items()
    }
