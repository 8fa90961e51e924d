"""The photos, and the patches in them, that excite a kernel most.

Yosinski et al. 2015, "Understanding neural networks through deep visualization", section 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.networks import Network
from dreamer.networks.receptive import ReceptiveField, receptive_field


@dataclass(frozen=True)
class Excitement:
    """A photo, by its `number`, that excites a kernel: by `strength` at most, at `cell` (row, column).

    `box`: top, left, bottom, right in px of what that cell sees. `patch`: (3, h, w) in [0, 1], that part of the photo.
    """

    number: int
    strength: float
    cell: tuple[int, int]
    box: tuple[int, int, int, int]
    patch: Tensor


def top_patches(
    network: Network, photos: Iterable[Tensor], layer: str, kernels: list[int], count: int
) -> dict[int, list[Excitement]]:
    """For each kernel of a layer the `count` photos with its strongest activation, the strongest first.

    `photos`: (1, 3, H, W) in [0, 1] each, of any sizes; only the patches stay in memory. Raises TargetError for a layer
    or kernel that is not there.
    """
    _check(network, layer, kernels)
    cut = network.cut([layer])
    field = receptive_field(cut, layer)
    found: dict[int, list[Excitement]] = {kernel: [] for kernel in kernels}
    for number, photo in enumerate(photos):
        with torch.no_grad():
            maps = cut(photo.to(network.device))[layer][0].float().cpu()
        for kernel, best in found.items():
            strength = float(maps[kernel].max())
            if len(best) < count or strength > best[-1].strength:
                best.append(_excitement(number, photo[0], maps[kernel], field))
                best.sort(key=lambda each: -each.strength)
                del best[count:]
    return found


def _excitement(number: int, photo: Tensor, own: Tensor, field: ReceptiveField) -> Excitement:
    row, column = divmod(int(own.argmax()), own.shape[1])
    box = field.box(row, column, photo.shape[1], photo.shape[2])
    top, left, bottom, right = box
    patch = photo[:, top:bottom, left:right].cpu().clone()
    return Excitement(number, float(own.max()), (row, column), box, patch)


def _check(network: Network, layer: str, kernels: list[int]) -> None:
    known = network.kernels(layer)
    for kernel in kernels:
        if kernel >= known:
            raise TargetError(
                f"layer {layer!r} has no kernel {kernel}", remedy=f"Its kernels are numbered 0 to {known - 1}."
            )
