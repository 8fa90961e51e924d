"""The deconvnet: an activation projected back to the pixels that made it.

One activation is kept and all others of its layer are set to zero. From there it is passed back through the network:
unpooling to the recorded switches, rectification, and the transposed filters. That is the backward pass of the network
with another rule for ReLU (Zeiler & Fergus 2014, section 2.1; Simonyan et al. 2014, section 4): the gradient of a
convolution by its input is the transposed convolution, that of max pooling goes to the recorded maximum, and a batch
norm is folded into the filters before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from dreamer.dreaming.protocols import require_kernels
from dreamer.inspection.rules import deconvnet_relu, refuse_foreign
from dreamer.networks import Network

# Convolutions by Fourier or Winograd transforms, which GPUs choose, leave up to this share of the largest value where
# there is nothing.
ROUNDING = 1e-4
# Which activations of a kernel's map are projected: (y, x) are shares of the map.
Keep = Literal["strongest", "all"] | tuple[float, float]


@dataclass(frozen=True)
class Projection:
    """A kernel's activation projected back to the pixels.

    `picture`: (3, H, W), signed, in units of the activation. `cell`: row and column of the activation that was kept, or
    None where all were; `strength`: its value. `box`: top, left, bottom, right in px, see `support`.
    """

    layer: str
    kernel: int
    picture: Tensor
    strength: float
    cell: tuple[int, int] | None
    box: tuple[int, int, int, int]


def project(
    network: Network, photo: Tensor, layer: str, kernels: list[int], keep: Keep = "strongest"
) -> list[Projection]:
    """Project activations of (1, 3, H, W) back to its pixels, one picture for each kernel of a layer.

    `keep`: the strongest activation of the kernel's map, all of it, or the one at (y, x) as shares of the map.
    Raises TargetError for a layer or kernel that is not there, and for networks with other nonlinearities than ReLU.
    """
    require_kernels(network, layer, kernels)
    cut = network.cut([layer], deconvnet_relu)
    refuse_foreign(cut, network.name, "a deconvnet")
    projections = []
    for kernel in kernels:
        leaf = photo.detach().clone().requires_grad_(True)
        activation = cut(leaf)[layer]
        signal, cell = _signal(activation.detach(), kernel, keep)
        (picture,) = torch.autograd.grad(activation, leaf, signal)
        strength = float(signal.amax())
        projections.append(Projection(layer, kernel, picture[0].float(), strength, cell, support(picture[0])))
    return projections


def _signal(activation: Tensor, kernel: int, keep: Keep) -> tuple[Tensor, tuple[int, int] | None]:
    own = activation[0, kernel]
    signal = torch.zeros_like(activation)
    if keep == "all":
        signal[0, kernel] = own
        return signal, None
    if keep == "strongest":
        row, column = divmod(int(own.argmax()), own.shape[1])
    else:
        row, column = (min(int(share * side), side - 1) for share, side in zip(keep, own.shape, strict=True))
    signal[0, kernel, row, column] = own[row, column]
    return signal, (row, column)


def support(picture: Tensor) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of the pixels of (C, H, W) that are more than rounding; all 0 where there is none.

    That is more than `ROUNDING` of the largest magnitude.
    """
    size = picture.abs().amax(0)
    there = size > ROUNDING * size.max()
    if not there.any():
        return 0, 0, 0, 0
    rows, columns = there.any(1).nonzero()[:, 0], there.any(0).nonzero()[:, 0]
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
