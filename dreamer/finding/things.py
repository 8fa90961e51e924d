"""The area of a thing in a photo: from what a network sees to the edges that the photo has."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.finding.edges import along_edges
from dreamer.finding.evidence import evidence_maps
from dreamer.finding.separation import evened, separated
from dreamer.finding.superpixels import Superpixels, superpixels
from dreamer.finding.windows import class_windows
from dreamer.networks import Network

# Longest side at which superpixels are found.
SIDE = 240
SMALLEST = 16
# How many times as probable as by chance a class has to be somewhere.
PRESENT = 2.0
STEEPNESS = 2.5


def thing_area(network: Network, photo: Tensor, classes: Sequence[int] | None = None) -> Tensor:
    """(1, 1, H, W) in [0, 1] on the CPU: where (1, 3, H, W) in [0, 1] shows any of `classes`, or its subject (None).

    Empty where no window of the photo makes the classes more probable than `PRESENT` times their share of all.
    The same photo has the same area, on the same machine.
    """
    photo = photo.to(network.device)
    around = None
    if classes is not None:
        around, most = class_windows(network, photo, classes)
        if most < PRESENT * len(classes) / len(network.classes):
            return torch.zeros(1, 1, *photo.shape[-2:])
    maps = evidence_maps(network, photo, classes)
    photo = photo.cpu()
    height, width = photo.shape[-2:]
    factor = min(1.0, SIDE / max(height, width))
    small = resized(photo, max(SMALLEST, round(height * factor)), max(SMALLEST, round(width * factor))).clamp(0, 1)
    patches = superpixels(small)
    evidence = torch.stack([evened(_pooled(patches, heat), patches.areas) for heat in maps]).sum(0)
    if around is not None:
        evidence = evidence * evened(_pooled(patches, around), patches.areas).square()
    inside = separated(patches, evidence)
    rough = inside[patches.labels].view(1, 1, *small.shape[-2:])
    return _decided(along_edges(rough, photo))


def _pooled(patches: Superpixels, values: Tensor) -> Tensor:
    """(N,): the means over patches of (1, 1, h, w), which is smoothly enlarged."""
    size = patches.labels.shape
    return patches.pooled(F.interpolate(values, size=size, mode="bilinear", align_corners=False)[0])[:, 0]


def _decided(area: Tensor) -> Tensor:
    """An area whose middle values, which a filter has left in even places, are brought to either side."""
    return ((area - 0.5) * STEEPNESS + 0.5).clamp(0, 1)
