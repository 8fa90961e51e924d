"""A target of the preset language as a function of pictures, for every tool that asks what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.bound_targets import Activations, BoundTarget, Window
from dreamer.dreaming.targets import bind_target
from dreamer.networks import LOGITS, Network
from dreamer.networks.cutting import Rectifier
from dreamer.presets.model.schema import Target


@dataclass(frozen=True)
class Question:
    """What is asked of a network about a photo: the score of a bound target."""

    network: Network
    bound: BoundTarget

    def score(self, seen: Activations, size: tuple[int, int]) -> Tensor:
        """(B,) for the activations of pictures of (height, width) px."""
        height, width = size
        return self.bound.score(seen, None, Window(0, 0, height, width, height, width))

    def __call__(self, image: Tensor, rectifier: Rectifier | None = None) -> Tensor:
        """(B,) for (B, 3, H, W) in [0, 1]."""
        seen = self.network.cut(self.bound.layers, rectifier)(image)
        return self.score(seen, (image.shape[2], image.shape[3]))


def ask(network: Network, target: Target, photo: Tensor) -> Question:
    """The question that a target asks about (1, 3, H, W). Raises TargetError for what the network does not have."""
    return Question(network, bind_target(target, network, {}, photo, max(photo.shape[-2:])))


def class_target(index: int) -> Target:
    """The target of a class's logit."""
    return Target.model_validate({"class": index, "measure": "logit"})


def probabilities(network: Network, images: Tensor) -> Tensor:
    """(B, classes) for (B, 3, H, W) in [0, 1]."""
    with torch.no_grad():
        return network.cut([LOGITS])(images)[LOGITS].float().softmax(1)


def predicted_class(network: Network, photo: Tensor) -> int:
    """The class that the network sees most in (1, 3, H, W)."""
    return int(probabilities(network, photo)[0].argmax())
