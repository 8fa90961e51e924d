"""The kernels themselves: first-layer filters as colors, deeper ones as slices or as templates in pixels.

Krizhevsky, Sutskever & Hinton 2012, figure 3, for the first layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dreamer.dreaming.randomness import generator_at
from dreamer.errors import TargetError, did_you_mean
from dreamer.networks import Network
from dreamer.networks.receptive import receptive_field


def convolutions(network: Network) -> dict[str, nn.Conv2d]:
    """Every convolution of a network by its module's name, in order of computation."""
    return {name: each for name, each in network.module.named_modules() if isinstance(each, nn.Conv2d)}


def convolution(network: Network, layer: str | None) -> tuple[str, nn.Conv2d]:
    """The convolution of that name, or the first one inside a block of that name; the network's first without one.

    Raises TargetError with the nearest names.
    """
    known = convolutions(network)
    if layer is None:
        return next(iter(known.items()))
    for name, each in known.items():
        if name == layer or name.startswith(f"{layer}."):
            return name, each
    near = did_you_mean(layer, known) or f"Its first are {', '.join(list(known)[:6])}."
    raise TargetError(f"{network.name} has no convolution {layer!r}", remedy=near)


def color_tiles(weights: Tensor) -> Tensor:
    """(N, 3, h, w) filters over colors to (N, 3, h, w) in [0, 1], each scaled by its largest magnitude, 0 as gray."""
    return 0.5 + 0.5 * weights / _largest(weights)


def slice_tiles(weights: Tensor) -> Tensor:
    """(N, C, h, w) to (N, C, h, w) in [0, 1]: every input channel's slice, scaled by its kernel's largest magnitude."""
    return 0.5 + 0.5 * weights / _largest(weights)


def _largest(weights: Tensor) -> Tensor:
    return weights.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12)


def templates(network: Network, layer: str, kernels: list[int], *, samples: int = 8) -> Tensor:
    """(N, 3, h, w) in [0, 1]: each kernel of a layer expanded to the pixels of its receptive field.

    The network is taken as linear: every ReLU lets everything through. Max pooling, which has no linear form, is
    averaged over its choices on `samples` pictures of noise. 0 is shown as gray, the largest magnitude as 0 or 1.
    """
    cut = network.cut([layer], _identity)
    field = receptive_field(cut, layer)
    side = min(512, int(max(field.high[0] - field.low[0], 0) + 1 + 2 * field.jump[0]) if field.high[0] < 1e6 else 224)
    side = max(side, cut.smallest)
    noise = 0.5 + 0.1 * torch.randn((samples, 3, side, side), generator=generator_at(0, "templates"))
    leaf = noise.to(network.device).requires_grad_(True)
    activation = cut(leaf)[layer]
    row, column = activation.shape[2] // 2, activation.shape[3] // 2
    top, left, bottom, right = field.box(row, column, side, side)
    found = []
    for kernel in kernels:
        (gradient,) = torch.autograd.grad(activation[:, kernel, row, column].sum(), leaf, retain_graph=True)
        found.append(gradient[:, :, top:bottom, left:right].mean(0).float())
    return color_tiles(torch.stack(found))


def _identity(x: Tensor) -> Tensor:
    return x * 1.0
