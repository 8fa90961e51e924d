"""Targets made from a picture: the start, exaggerated; a guide's features; a style's Gram matrices."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from dreamer.dreaming.bound_targets import (
    Activations,
    BoundTarget,
    Window,
    layers_of,
    summed,
    with_longest_side,
)
from dreamer.dreaming.protocols import Network
from dreamer.errors import TargetError
from dreamer.presets.model.schema import Target

GUIDE_SIDE = 384


def bind_caricature(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    """Exaggerate what the starting picture itself activates: length times cosine along its own activations."""

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        if reference is None:
            raise TargetError("a caricature needs the starting picture's activations")
        scores = []
        for layer in layers_of(target):
            features, start_features = activations[layer].float().flatten(1), reference[layer].float().flatten(1)
            direction = start_features / (start_features.norm(dim=1, keepdim=True) + 1e-6)
            along = (features * direction).sum(1)
            cosine = along / (features.norm(dim=1) + 1e-6)
            scores.append(along * cosine.clamp_min(0.1) / features.shape[1] ** 0.5)
        return summed(scores)

    return BoundTarget(target, layers_of(target), score, needs_reference=True)


def bind_guide(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    """Pull every position towards the guide picture's best-matching features, by dot product (the 2015 notebook)."""
    cut = network.cut(layers_of(target))
    guide = with_longest_side(pictures[target.guide or ""], min(octave_side, GUIDE_SIDE), cut.smallest)
    with torch.no_grad():
        activations = cut(guide.to(start.device))
    features = {layer: activations[layer][0].flatten(1) for layer in layers_of(target)}

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        scores = []
        for layer, known in features.items():
            cells = activations[layer].flatten(2)
            with torch.no_grad():
                best = torch.einsum("bcp,cq->bpq", cells, known).argmax(2)
            matched = known.t()[best].transpose(1, 2)
            scores.append((cells.float() * matched.float()).flatten(1).mean(1))
        return summed(scores)

    return BoundTarget(target, layers_of(target), score)


def gram(activation: Tensor) -> Tensor:
    """Gram matrices (B, C, C) of (B, C, h, w): products of kernels, averaged over positions (Gatys et al. 2015)."""
    cells = activation.float().flatten(2)
    return cells @ cells.transpose(1, 2) / cells.shape[2]


def bind_style(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    """Approach the style picture's Gram matrices (Gatys et al. 2015)."""
    cut = network.cut(layers_of(target))
    style = with_longest_side(pictures[target.style or ""], octave_side, cut.smallest)
    with torch.no_grad():
        activations = cut(style.to(start.device))
    grams = {layer: gram(activations[layer]) for layer in layers_of(target)}

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        # Each layer's distance is relative to the style's own size, so that shallow layers do not drown deep ones.
        distances = [
            (gram(activations[layer]) - wanted).square().flatten(1).sum(1) / (wanted.square().sum() + 1e-6)
            for layer, wanted in grams.items()
        ]
        return -summed(distances)

    return BoundTarget(target, layers_of(target), score)
