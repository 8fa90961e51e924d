"""The photos, and the patches in them, that activate a kernel most.

Yosinski et al. 2015, "Understanding neural networks through deep visualization", section 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.protocols import require_kernels
from dreamer.inspection.photos import middle_square, own_input
from dreamer.networks import Network
from dreamer.networks.receptive import ReceptiveField, receptive_field


@dataclass(frozen=True)
class TopPatch:
    """Where a kernel's activation on photo `number` is largest: `strength`, at `cell` (row, column).

    `box`: top, left, bottom, right in px of that cell's receptive field. `pixels`: (3, h, w) in [0, 1], that part of
    the photo.
    """

    number: int
    strength: float
    cell: tuple[int, int]
    box: tuple[int, int, int, int]
    pixels: Tensor


def top_patches(
    network: Network, photos: Iterable[Tensor], layer: str, kernels: list[int], count: int
) -> dict[int, list[TopPatch]]:
    """For each kernel of a layer the `count` photos with its strongest activation, the strongest first.

    `photos`: (1, 3, H, W) in [0, 1] each, of any sizes; only the patches stay in memory. Raises TargetError for an
    unknown layer or kernel.
    """
    require_kernels(network, layer, kernels)
    cut = network.cut([layer])
    field = None if network.is_fully_connected(layer) else receptive_field(cut, layer)
    patches: dict[int, list[TopPatch]] = {kernel: [] for kernel in kernels}
    for number, photo in enumerate(photos):
        with torch.no_grad():
            maps = cut(own_input(network, layer, photo.to(network.device)))[layer][0].float().cpu()
        for kernel, best in patches.items():
            strength = float(maps[kernel].max())
            if len(best) < count or strength > best[-1].strength:
                best.append(_top_patch(number, photo[0], maps[kernel], field))
                best.sort(key=lambda patch: -patch.strength)
                del best[count:]
    return patches


def _top_patch(number: int, photo: Tensor, own: Tensor, field: ReceptiveField | None) -> TopPatch:
    """`field`: None for a fully connected layer, which sees the middle square."""
    row, column = divmod(int(own.argmax()), own.shape[1])
    height, width = photo.shape[1:]
    box = middle_square(height, width) if field is None else field.box(row, column, height, width)
    top, left, bottom, right = box
    patch = photo[:, top:bottom, left:right].cpu().clone()
    return TopPatch(number, float(own.max()), (row, column), box, patch)
