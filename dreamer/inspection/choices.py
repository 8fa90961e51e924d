"""Layers and kernels to look at where nobody names them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from dreamer.inspection.photos import own_input
from dreamer.networks import Network
from dreamer.networks.kernel_statistics import described_layers

# A map of fewer cells a side says hardly anything about position.
SMALLEST_MAP = 4


def deepest_layer(network: Network, size: tuple[int, int]) -> str:
    """The deepest block with a map of at least 4 x 4 cells for pictures of (height, width) px, or the first."""
    return _mapped_layers(network, size)[-1]


def spread_layers(network: Network, size: tuple[int, int], count: int = 3) -> list[str]:
    """Up to `count` blocks with a map of at least 4 x 4 cells, evenly spread over the depth, the deepest last."""
    layers = _mapped_layers(network, size)
    numbers = [round((part + 1) * len(layers) / count) - 1 for part in range(count)]
    return list(dict.fromkeys(layers[max(number, 0)] for number in numbers))


def _mapped_layers(network: Network, size: tuple[int, int]) -> list[str]:
    """Without poolings, which repeat the layer before."""
    sides = {shape.name: min(shape.height, shape.width) for shape in network.describe(*size)}
    blocks = described_layers(network)
    large = [layer for layer in blocks if sides[layer] >= SMALLEST_MAP]
    return [layer for layer in large if "pool" not in layer] or large or blocks[:1]


def strongest_on(network: Network, photo: Tensor, layer: str, count: int) -> list[int]:
    """The kernels of a layer with the largest single activation on (1, 3, H, W), the strongest first."""
    return strongest_over(network, [photo], layer, count)


def strongest_over(network: Network, photos: Iterable[Tensor], layer: str, count: int) -> list[int]:
    """The kernels of a layer whose largest activation on each of the photos (1, 3, H, W) is strongest on average.

    Raises TargetError for an unknown layer.
    """
    cut = network.cut([layer])
    with torch.no_grad():
        taken = (own_input(network, layer, photo.to(network.device)) for photo in photos)
        peaks = torch.stack([cut(photo)[layer].float().amax((2, 3))[0] for photo in taken]).mean(0)
    return [int(kernel) for kernel in peaks.topk(min(count, len(peaks))).indices]
