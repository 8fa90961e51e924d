"""The kernels themselves: first-layer filters as colors, deeper ones as slices or as templates in pixels.

Krizhevsky, Sutskever & Hinton 2012, figure 3, for the first layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dreamer.dreaming.randomness import generator_at
from dreamer.errors import TargetError, did_you_mean
from dreamer.networks import Network
from dreamer.networks.receptive import receptive_field


@dataclass(frozen=True)
class Kernels:
    """Kernels (N, C, h, w) of `layer`, whose weights have the shape `shape`.

    `expanded`: they are templates in pixels, (N, 3, h, w) in [0, 1], in place of weights.
    """

    layer: str
    shape: tuple[int, ...]
    weights: Tensor
    expanded: bool


def layer_kernels(network: Network, layer: str | None = None, count: int = 64, *, expand: bool = False) -> Kernels:
    """The first `count` kernels of a convolution, or of the first one inside a block; by default the network's first.

    `expand`: as templates in pixels, of a layer that is named. Raises TargetError with the nearest names.
    """
    if expand and layer is not None:
        drawn = templates(network, layer, list(range(min(count, network.kernels(layer))))).cpu()
        return Kernels(layer, tuple(drawn.shape), drawn, expanded=True)
    name, module = convolution(network, layer)
    return Kernels(name, tuple(module.weight.shape), module.weight.detach().float()[:count].cpu(), expanded=False)


def convolutions(network: Network) -> dict[str, nn.Conv2d]:
    """Every convolution of a network by its module's name, in order of computation."""
    return {name: module for name, module in network.module.named_modules() if isinstance(module, nn.Conv2d)}


def convolution(network: Network, layer: str | None) -> tuple[str, nn.Conv2d]:
    """The convolution of that name, or the first one inside a block of that name; the network's first without one.

    Raises TargetError with the nearest names.
    """
    known = convolutions(network)
    if layer is None:
        return next(iter(known.items()))
    own = network.own_name(layer)
    for name, module in known.items():
        if name == own or name.startswith(f"{own}."):
            return name, module
    remedy = did_you_mean(layer, known) or f"Its first are {', '.join(list(known)[:6])}."
    raise TargetError(f"{network.name} has no convolution {layer!r}", remedy=remedy)


def scaled_weights(weights: Tensor) -> Tensor:
    """(N, C, h, w) to (N, C, h, w) in [0, 1], each kernel scaled by its largest magnitude, 0 as gray."""
    return 0.5 + 0.5 * weights / weights.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12)


def templates(network: Network, layer: str, kernels: list[int], *, samples: int = 8) -> Tensor:
    """(N, 3, h, w) in [0, 1]: each kernel of a layer expanded to the pixels of its receptive field.

    The network is treated as linear: every ReLU passes everything. Max pooling, which has no linear form, is averaged
    over its choices on `samples` pictures of noise. 0 is shown as gray, the largest magnitude as 0 or 1.
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
    gradients = []
    for kernel in kernels:
        (gradient,) = torch.autograd.grad(activation[:, kernel, row, column].sum(), leaf, retain_graph=True)
        gradients.append(gradient[:, :, top:bottom, left:right].mean(0).float())
    return scaled_weights(torch.stack(gradients))


def _identity(x: Tensor) -> Tensor:
    return x * 1.0
