"""The score of a preset's target as a function of pictures, and the probabilities of classes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.bound_targets import Activations, BoundTarget, Window
from dreamer.dreaming.targets import bind_target
from dreamer.networks import LOGITS, Network
from dreamer.networks.cut import Rectifier
from dreamer.presets.model.schema import Target


@dataclass(frozen=True)
class TargetScore:
    """The score of a bound target as a function of pictures."""

    network: Network
    bound: BoundTarget

    def of_activations(self, activations: Activations, size: tuple[int, int]) -> Tensor:
        """(B,) for the activations of pictures of (height, width) px."""
        height, width = size
        return self.bound.score(activations, None, Window(0, 0, height, width, height, width))

    def __call__(self, image: Tensor, rectifier: Rectifier | None = None) -> Tensor:
        """(B,) for (B, 3, H, W) in [0, 1]."""
        activations = self.network.cut(self.bound.layers, rectifier)(image)
        return self.of_activations(activations, (image.shape[2], image.shape[3]))


def target_score(network: Network, target: Target, photo: Tensor) -> TargetScore:
    """The score of a target; "strongest" kernels are those on `photo`, (1, 3, H, W).

    Raises TargetError for what the network does not have.
    """
    return TargetScore(network, bind_target(target, network, {}, photo, max(photo.shape[-2:])))


def class_target(index: int) -> Target:
    """The target of a class's logit."""
    return Target.model_validate({"class": index, "measure": "logit"})


def probabilities(network: Network, images: Tensor) -> Tensor:
    """(B, classes) for (B, 3, H, W) in [0, 1]."""
    with torch.no_grad():
        return network.cut([LOGITS])(images)[LOGITS].float().softmax(1)


def predicted_class(network: Network, photo: Tensor) -> int:
    """The index of the most probable class of (1, 3, H, W)."""
    return int(probabilities(network, photo)[0].argmax())


@dataclass(frozen=True)
class ClassProbability:
    """A class by its name and index, with its probability."""

    name: str
    index: int
    probability: float


def top_classes(network: Network, photo: Tensor, count: int = 5) -> list[ClassProbability]:
    """The most probable classes of (1, 3, H, W) in [0, 1], the most probable first."""
    shares = probabilities(network, photo)[0]
    best = shares.topk(min(count, len(shares)))
    indices = [int(index) for index in best.indices]
    return [
        ClassProbability(network.classes[index], index, float(value))
        for index, value in zip(indices, best.values, strict=True)
    ]
