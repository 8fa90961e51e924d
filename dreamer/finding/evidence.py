"""Where a network sees what it tells classes by: maps of evidence from its late layers, at several sizes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.networks import LOGITS, Network

# Shorter sides of the picture, relative to those that the network was trained on: small things need the larger ones.
SIZES = (1.0, 1.25, 1.6)
# Input side at which layers are compared.
_PROBE = 256


def evidence_maps(network: Network, photo: Tensor, classes: Sequence[int] | None = None) -> list[Tensor]:
    """What speaks for any of `classes` (None: of all) in (1, 3, H, W) in [0, 1]: (1, 1, h, w), at least 0, float32 on
    the CPU, for each size of the photo and each late layer.

    A map is the activations of a layer, weighted cell by cell by the positive part of the gradient of the logits'
    log-sum-exp. Jiang et al. 2021, "LayerCAM", equation 6.
    """
    maps = []
    layers = late_layers(network)
    cut = network.cut([*layers, LOGITS])
    for size in SIZES:
        activations = cut(_with_shorter_side(photo, max(round(size * network.input_side), cut.smallest)))
        logits = activations[LOGITS].float()
        score = (logits if classes is None else logits[:, list(classes)]).logsumexp(1).sum()
        gradients = torch.autograd.grad(score, [activations[layer] for layer in layers])
        for layer, gradient in zip(layers, gradients, strict=True):
            seen = gradient.float().clamp_min(0) * activations[layer].detach().float()
            maps.append(seen.sum(1, keepdim=True).cpu())
    return maps


def late_layers(network: Network) -> list[str]:
    """The middle and the last layer of each of the two coarsest sizes of maps."""
    shapes = [shape for shape in network.describe(_PROBE, _PROBE) if shape.has_map and shape.height > 1]
    shapes = [shape for shape in shapes if "Adaptive" not in shape.kind]
    blocks = [shape for shape in shapes if "." not in shape.name]
    # Networks that are one long row of layers have no blocks but it.
    shapes = blocks if len({shape.height for shape in blocks}) > 2 else shapes
    heights = sorted({shape.height for shape in shapes})[:2]
    groups = [[shape.name for shape in shapes if shape.height == height] for height in heights]
    chosen = {name for group in groups for name in (group[len(group) // 2], group[-1])}
    return sorted(chosen, key=network.depth)


def _with_shorter_side(photo: Tensor, side: int) -> Tensor:
    height, width = photo.shape[-2:]
    factor = side / min(height, width)
    small = resized(photo, max(side, round(height * factor)), max(side, round(width * factor))).clamp(0, 1)
    return small.detach().requires_grad_(True)
