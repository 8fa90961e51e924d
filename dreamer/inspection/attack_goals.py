"""What an attack on a network wants, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.inspection.scoring import predicted_class
from dreamer.networks import LOGITS, Network

TOGETHER = 32


@dataclass(frozen=True)
class Goal:
    """To have class `index` predicted, or any class but that one."""

    network: Network
    index: int
    avoided: bool = False

    def scores(self, images: Tensor) -> Tensor:
        """(B,) for (B, 3, H, W) in [0, 1]: the log-probability of the class, negative where it is to be avoided."""
        shares = F.log_softmax(self.network.cut([LOGITS])(images)[LOGITS].float(), 1)[:, self.index]
        return -shares if self.avoided else shares

    def reached(self, images: Tensor) -> Tensor:
        """(B,) bool for (B, 3, H, W) in [0, 1]."""
        with torch.no_grad():
            parts = [self.network.cut([LOGITS])(part)[LOGITS].argmax(1) for part in torch.split(images, TOGETHER)]
        return (torch.cat(parts) == self.index) != self.avoided

    def is_reached(self, image: Tensor) -> bool:
        """Whether (1, 3, H, W) in [0, 1] does it."""
        return bool(self.reached(image)[0])


def goal_of(network: Network, photo: Tensor, index: int | None) -> Goal:
    """To have class `index` predicted; None: any other than that of the photo, (1, 3, H, W) in [0, 1]."""
    return Goal(network, predicted_class(network, photo), avoided=True) if index is None else Goal(network, index)


@dataclass(frozen=True)
class Change:
    """A changed photo, `picture`: (1, 3, H, W) in [0, 1]. `size`: largest change of a value.

    `l2`: Euclidean length of the change, in [0, 1] pixels; `pixels`: the share of positions that are changed.
    """

    picture: Tensor
    size: float
    l2: float
    pixels: float


@dataclass(frozen=True)
class AdversarialExample(Change):
    """A change that is classified as wanted where it `succeeded`."""

    succeeded: bool


@dataclass(frozen=True)
class Control(Change):
    """Random changes of the size of an attack, the first of `draws`, of which `reached` do what it wanted."""

    draws: int
    reached: int


def example_of(goal: Goal, photo: Tensor, picture: Tensor) -> AdversarialExample:
    """What a picture changes of the photo, both (1, 3, H, W) in [0, 1], and whether it reaches the goal."""
    return AdversarialExample(picture, *_measures(photo, picture), goal.is_reached(picture))


def control_of(goal: Goal, photo: Tensor, pictures: Tensor) -> Control:
    """How many of the changes (N, 3, H, W) in [0, 1] of a photo reach the goal."""
    first, reached = pictures[:1], int(goal.reached(pictures).sum())
    return Control(first, *_measures(photo, first), len(pictures), reached)


def _measures(photo: Tensor, picture: Tensor) -> tuple[float, float, float]:
    """Largest value, length, and share of pixels of a change."""
    change = (picture - photo).abs()
    return float(change.max()), float(change.norm()), float((change.amax(1) > 0).float().mean())
