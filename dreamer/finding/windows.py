"""Where in a photo a network sees classes: it looks through windows of several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.networks import LOGITS, Network

# Sides of the windows, in shorter sides of the photo; they overlap by half.
SIDES = (1.0, 0.62, 0.4)
TOGETHER = 16
# The photo is reduced to this many of the network's input sides: the smallest windows need no more.
FINEST = 2.5
_MIDDLE = 0.5


def class_windows(network: Network, photo: Tensor, classes: Sequence[int]) -> tuple[Tensor, float]:
    """How probable any of `classes` is around each place of (1, 3, H, W) in [0, 1]: (1, 1, h, w) float32 on the CPU,
    with the photo's shape, a mean over the windows that show the place, most of those that have it in the middle. And
    how probable it is in the window where it is most."""
    small = _reduced(photo, round(FINEST * network.input_side))
    height, width = small.shape[-2:]
    seen, looked, most = torch.zeros(height, width), torch.full((height, width), 1e-6), 0.0
    for side in SIDES:
        window = max(8, round(side * min(height, width)))
        places = [(top, left) for top in _starts(height, window) for left in _starts(width, window)]
        weight = _weight(window)
        for (top, left), probability in zip(
            places, _probabilities(network, small, places, window, classes), strict=True
        ):
            there = slice(top, top + window), slice(left, left + window)
            seen[there] += weight * probability
            looked[there] += weight
            most = max(most, probability)
    return (seen / looked).view(1, 1, height, width), most


def _probabilities(
    network: Network, photo: Tensor, places: Sequence[tuple[int, int]], window: int, classes: Sequence[int]
) -> Iterator[float]:
    cut = network.cut([LOGITS])
    side = max(network.input_side, cut.smallest)
    for first in range(0, len(places), TOGETHER):
        crops = [
            photo[:, :, top : top + window, left : left + window] for top, left in places[first : first + TOGETHER]
        ]
        shown = torch.cat([resized(crop, side, side).clamp(0, 1) for crop in crops])
        with torch.no_grad():
            shares = cut(shown)[LOGITS].float().softmax(1)[:, list(classes)].sum(1)
        yield from shares.tolist()


def _starts(length: int, window: int) -> list[int]:
    """Where windows begin along a side, from end to end, overlapping by half or more."""
    free = length - window
    count = -(-2 * free // window) + 1
    return sorted({round(free * number / max(count - 1, 1)) for number in range(count)})


def _weight(window: int) -> Tensor:
    """(window, window), most in the middle."""
    line = torch.exp(-torch.linspace(-1, 1, window).square() / (2 * _MIDDLE**2))
    return line.unsqueeze(1) * line


def _reduced(photo: Tensor, shorter: int) -> Tensor:
    height, width = photo.shape[-2:]
    factor = min(1.0, shorter / min(height, width))
    return resized(photo, max(8, round(height * factor)), max(8, round(width * factor))).clamp(0, 1)
