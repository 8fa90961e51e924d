"""Which pixels the score of a class, or of any target, depends on: by gradients.

Every function takes a `TargetScore` and a photo (1, 3, H, W) in [0, 1], and gives (1, 3, H, W) by pixel and color,
signed, or for Grad-CAM (1, 1, H, W), not negative.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.randomness import generator_at
from dreamer.errors import TargetError
from dreamer.inspection.rules import guided_relu, refuse_foreign
from dreamer.inspection.scoring import TargetScore
from dreamer.networks.cut import Rectifier

BATCH = 8


def input_gradient(score: TargetScore, photo: Tensor, rectifier: Rectifier | None = None) -> Tensor:
    """The gradient of the score by the pixels, (B, 3, H, W). Simonyan, Vedaldi & Zisserman 2014, section 3."""
    leaf = photo.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(score(leaf, rectifier).sum(), leaf)
    return gradient


def smooth_gradient(
    score: TargetScore, photo: Tensor, *, samples: int = 24, noise: float = 0.15, seed: int = 0
) -> Tensor:
    """The mean gradient under Gaussian noise, whose deviation is `noise` of the photo's range. Smilkov et al. 2017."""
    spread = noise * float(photo.max() - photo.min())
    total = torch.zeros_like(photo)
    for first in range(0, samples, BATCH):
        count = min(BATCH, samples - first)
        shape = (count, *photo.shape[1:])
        random = torch.randn(shape, generator=generator_at(seed, "smooth", first)).to(photo.device)
        total += input_gradient(score, photo + spread * random).sum(0, keepdim=True)
    return total / samples


def integrated_gradients(
    score: TargetScore, photo: Tensor, *, samples: int = 32, baseline: Tensor | None = None
) -> Tensor:
    """The mean gradient along the straight line from `baseline` (black) to the photo, times their difference.

    By Gauss-Legendre quadrature with `samples` points; up to its error the sum over all pixels is the difference of the
    scores. Sundararajan, Taly & Yan 2017, "Axiomatic attribution for deep networks".
    """
    start = torch.zeros_like(photo) if baseline is None else baseline
    points, weights = (torch.from_numpy(values) for values in np.polynomial.legendre.leggauss(samples))
    shares, weights = (points + 1) / 2, weights / 2  # from [-1, 1] to [0, 1]
    total = torch.zeros_like(photo)
    for first in range(0, samples, BATCH):
        share = shares[first : first + BATCH].view(-1, 1, 1, 1).to(photo)
        weight = weights[first : first + BATCH].view(-1, 1, 1, 1).to(photo)
        total += (input_gradient(score, start + share * (photo - start)) * weight).sum(0, keepdim=True)
    return total * (photo - start)


def guided_backprop(score: TargetScore, photo: Tensor) -> Tensor:
    """The gradient, passed back only where it is positive and the unit was active. Springenberg et al. 2015.

    Raises TargetError for networks with other nonlinearities than ReLU.
    """
    network = score.network
    refuse_foreign(network.cut(score.bound.layers, guided_relu), network.name, "guided backpropagation")
    return input_gradient(score, photo, guided_relu)


def grad_cam(score: TargetScore, photo: Tensor, *, layer: str | None = None) -> Tensor:
    """(1, 1, H, W), at least 0: the sum of a layer's maps, each weighted by its mean gradient. Selvaraju et al. 2017.

    `layer`: by default the last one with a map that the score depends on. Raises TargetError for a layer that it does
    not depend on.
    """
    network = score.network
    chosen = layer or last_layer(score)
    activations = network.cut([*score.bound.layers, chosen])(photo.detach().clone().requires_grad_(True))
    total = score.of_activations(activations, (photo.shape[2], photo.shape[3])).sum()
    (gradient,) = torch.autograd.grad(total, activations[chosen], allow_unused=True)
    if gradient is None:
        raise TargetError(
            f"the target does not depend on layer {chosen!r}", remedy="Name a layer before the target's own."
        )
    weights = gradient.float().mean((2, 3), keepdim=True)
    heat = (weights * activations[chosen].detach().float()).sum(1, keepdim=True).clamp_min(0)
    return F.interpolate(heat, size=photo.shape[-2:], mode="bilinear", align_corners=False)


def last_layer(score: TargetScore) -> str:
    """The deepest layer with a map of more than one cell before the target's own."""
    network = score.network
    own = min(network.depth(name) for name in score.bound.layers)
    spatial = [shape.name for shape in network.describe(512, 512) if shape.height > 1 and "." not in shape.name]
    spatial = spatial or [shape.name for shape in network.describe(512, 512) if shape.height > 1]
    before = [name for name in spatial if network.depth(name) < own]
    return (before or [network.layers[0]])[-1]


def guided_grad_cam(score: TargetScore, photo: Tensor, *, layer: str | None = None) -> Tensor:
    """Guided backpropagation weighted by Grad-CAM. Selvaraju et al. 2017, section 3.2."""
    return guided_backprop(score, photo) * grad_cam(score, photo, layer=layer)


METHODS: dict[str, Callable[[TargetScore, Tensor, int, str | None], Tensor]] = {
    "gradient": lambda score, photo, samples, layer: input_gradient(score, photo),
    "smooth": lambda score, photo, samples, layer: smooth_gradient(score, photo, samples=samples),
    "integrated": lambda score, photo, samples, layer: integrated_gradients(score, photo, samples=samples),
    "guided": lambda score, photo, samples, layer: guided_backprop(score, photo),
    "grad-cam": lambda score, photo, samples, layer: grad_cam(score, photo, layer=layer),
    "guided-grad-cam": lambda score, photo, samples, layer: guided_grad_cam(score, photo, layer=layer),
}


def attribute(method: str, score: TargetScore, photo: Tensor, *, samples: int = 24, layer: str | None = None) -> Tensor:
    """The attribution by a method's name: gradient, smooth, integrated, guided, grad-cam or guided-grad-cam.

    `samples`: pictures for smooth and integrated. `layer`: that of Grad-CAM.
    """
    return METHODS[method](score, photo, samples, layer)


def saliency_map(attribution: Tensor) -> Tensor:
    """(1, C, H, W), signed, to (H, W), at least 0: the largest magnitude over the colors (Simonyan et al. 2014)."""
    return attribution.abs().amax(1)[0]


def rank_correlation(one: Tensor, other: Tensor) -> float:
    """Spearman's rank correlation of two heat maps of one size, in [-1, 1]."""
    ranks = [heat.flatten().argsort().argsort().double() for heat in (one, other)]
    return float(torch.corrcoef(torch.stack(ranks))[0, 1])
