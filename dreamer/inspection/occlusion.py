"""Which parts of a photo help a class and which hurt it: a gray square slides over it, and the probability changes.

Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.errors import UsageError
from dreamer.inspection.scoring import probabilities
from dreamer.networks import Network

BATCH = 16


@dataclass(frozen=True)
class Occlusion:
    """`falls`: (rows, columns), the probability without the square less that with it, by the square's position.

    A fall below 0 is a rise: what the square hides hurts the class. `heat`: (H, W), signed, for each pixel the mean
    fall of the squares that cover it. `probability`: without a square.
    """

    size: int
    stride: int
    falls: Tensor
    heat: Tensor
    probability: float

    @property
    def deepest(self) -> float:
        """The largest fall; 0 where the probability never falls."""
        return max(0.0, float(self.falls.max()))

    @property
    def highest(self) -> float:
        """The largest rise; 0 where the probability never rises."""
        return max(0.0, -float(self.falls.min()))


def square_positions(side: int, size: int, stride: int) -> list[int]:
    """Where squares begin along a side, in px: every `stride`, and one at the end, so that no pixel is left out."""
    starts = list(range(0, max(side - size, 0) + 1, stride))
    return starts if starts[-1] + size >= side else [*starts, side - size]


def occlude(network: Network, photo: Tensor, index: int, size: int, stride: int, *, gray: float = 0.5) -> Occlusion:
    """Slide a square of `size` px by `stride` px over (1, 3, H, W) and measure the probability of class `index`.

    Raises UsageError where the square is larger than the photo.
    """
    height, width = photo.shape[-2:]
    if size > min(height, width):
        raise UsageError(
            f"a square of {size} px does not fit on {width} x {height} px", where=f"--square {size}:{stride}"
        )
    rows, columns = square_positions(height, size, stride), square_positions(width, size, stride)
    places = [(top, left) for top in rows for left in columns]
    whole = float(probabilities(network, photo)[0, index])
    hidden_scores = []
    for first in range(0, len(places), BATCH):
        part = places[first : first + BATCH]
        images = photo.repeat(len(part), 1, 1, 1)
        for image, (top, left) in zip(images, part, strict=True):
            image[:, top : top + size, left : left + size] = gray
        hidden_scores.append(probabilities(network, images)[:, index])
    falls = whole - torch.cat(hidden_scores).cpu()
    heat, hidden = torch.zeros(height, width), torch.zeros(height, width)
    for fall, (top, left) in zip(falls, places, strict=True):
        heat[top : top + size, left : left + size] += fall
        hidden[top : top + size, left : left + size] += 1
    return Occlusion(size, stride, falls.view(len(rows), -1), heat / hidden, whole)
