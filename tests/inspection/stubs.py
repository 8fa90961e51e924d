"""A network whose answer is plain to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from dreamer.networks import LOGITS
from tests.on_device import DEVICE


class BrightestRed:
    """Class 1 where any pixel's red is over 0.5, else class 0: one pixel fools it, and faint changes never do."""

    device, classes = DEVICE, ("dull", "red")

    def cut(self, layers: Iterable[str]) -> Callable[[Tensor], dict[str, Tensor]]:
        return lambda image: {LOGITS: torch.stack([image.new_full((len(image),), 0.5), image[:, 0].amax((1, 2))], 1)}
