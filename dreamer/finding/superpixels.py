"""Superpixels: a photo as a few hundred patches of one color each, whose borders are edges of the photo."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.filters import gaussian_blur

COUNT = 500
ROUNDS = 8
# How much a distance of one patch counts against a difference in color: round patches against true edges.
COMPACTNESS = 12.0
# Oklab's lightness runs from 0 to 1; its two colors hardly leave -0.3 to 0.3.
_SCALES = (100.0, 250.0, 250.0)


@dataclass(frozen=True, eq=False)
class Superpixels:
    """N patches of a picture of height x width px.

    `labels`: (H, W) number of each pixel's patch. `colors`: (N, 3) in scaled Oklab, about 0 to 100. `places`: (N, 2)
    y and x of their centers as shares of the longer side. `areas`: (N,) px. `border`: (N,) px at the picture's border.
    `touching`: (N, N) bool.
    """

    labels: Tensor
    colors: Tensor
    places: Tensor
    areas: Tensor
    border: Tensor
    touching: Tensor

    def __len__(self) -> int:
        return len(self.areas)

    def pooled(self, values: Tensor) -> Tensor:
        """(N, C), the means over each patch of (C, H, W)."""
        return _means(values, self.labels, len(self.areas))


def superpixels(image: Tensor, count: int = COUNT) -> Superpixels:
    """About `count` superpixels of (1, 3, H, W) in [0, 1], sRGB, on the CPU, where sums have one order.

    Achanta et al. 2012, "SLIC superpixels compared to state-of-the-art superpixel methods".
    """
    color = gaussian_blur(oklab(image), 0.7)[0]
    height, width = color.shape[-2:]
    labels = _packed(_clustered(color, count))
    number = int(labels.max()) + 1
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    border = torch.cat([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    return Superpixels(
        labels,
        _means(color, labels, number),
        _means(torch.stack([y, x]) / max(height, width), labels, number),
        torch.bincount(labels.flatten(), minlength=number).float(),
        torch.bincount(border, minlength=number).float(),
        _touching(labels, number),
    )


def oklab(image: Tensor) -> Tensor:
    """(B, 3, H, W) of sRGB in [0, 1] in Oklab, scaled so that distances of 1 can just be seen. Ottosson 2020."""
    linear = torch.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    cones = torch.einsum("ij,bjhw->bihw", linear.new_tensor(_TO_CONES), linear).clamp_min(0) ** (1 / 3)
    return torch.einsum("ij,bjhw->bihw", linear.new_tensor(_TO_LAB), cones) * linear.new_tensor(_SCALES).view(3, 1, 1)


_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def _clustered(color: Tensor, count: int) -> Tensor:
    """(H, W): k-means in color and place, where each pixel chooses among the nine patches around it."""
    height, width = color.shape[-2:]
    step = max(1.0, (height * width / count) ** 0.5)
    rows, columns = max(1, round(height / step)), max(1, round(width / step))
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixels = torch.cat([color, torch.stack([y, x]).float() * (COMPACTNESS / step)]).flatten(1)
    row, column = (y * rows // height).flatten(), (x * columns // width).flatten()
    offsets = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    around = torch.stack(
        [(row + d).clamp(0, rows - 1) * columns + (column + a).clamp(0, columns - 1) for d, a in offsets]
    )
    labels: Tensor = row * columns + column
    for _ in range(ROUNDS):
        centers = _means(pixels, labels, rows * columns).t()
        distances = torch.stack([(pixels - centers[:, candidate]).square().sum(0) for candidate in around])
        labels = around.gather(0, distances.argmin(0, keepdim=True))[0]
    return labels.view(height, width)


def _packed(labels: Tensor) -> Tensor:
    """The labels without those that no pixel has."""
    packed: Tensor = torch.unique(labels, return_inverse=True)[1]
    return packed


def _means(values: Tensor, labels: Tensor, number: int) -> Tensor:
    flat = labels.flatten()
    sums = torch.stack([torch.bincount(flat, weights=plane.flatten(), minlength=number) for plane in values], 1)
    means: Tensor = (sums / torch.bincount(flat, minlength=number).clamp_min(1).unsqueeze(1)).float()
    return means


def _touching(labels: Tensor, number: int) -> Tensor:
    touching = torch.zeros(number, number, dtype=torch.bool)
    beside = [(labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])]
    across = [(labels[1:, 1:], labels[:-1, :-1]), (labels[1:, :-1], labels[:-1, 1:])]
    for one, other in [*beside, *across]:
        touching[one.flatten(), other.flatten()] = True
    touching |= touching.t().clone()
    return touching.fill_diagonal_(False)
