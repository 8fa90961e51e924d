"""Which pixels a class, or any target, rests on: by gradients.

Every function takes a `Question` and a photo (1, 3, H, W) in [0, 1], and gives (1, 3, H, W) by pixel and color, signed,
or for Grad-CAM (1, 1, H, W), not negative.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.randomness import generator_at
from dreamer.errors import TargetError
from dreamer.inspection.rules import guided_relu, refuse_foreign
from dreamer.inspection.scoring import Question
from dreamer.networks.cutting import Rectifier

BATCH = 8


def input_gradient(question: Question, photo: Tensor, rectifier: Rectifier | None = None) -> Tensor:
    """The gradient of the score by the pixels, (B, 3, H, W). Simonyan, Vedaldi & Zisserman 2014, section 3."""
    leaf = photo.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(question(leaf, rectifier).sum(), leaf)
    return gradient


def smooth_gradient(
    question: Question, photo: Tensor, *, samples: int = 24, noise: float = 0.15, seed: int = 0
) -> Tensor:
    """The mean gradient under Gaussian noise, whose deviation is `noise` of the photo's range. Smilkov et al. 2017."""
    spread = noise * float(photo.max() - photo.min())
    total = torch.zeros_like(photo)
    for first in range(0, samples, BATCH):
        count = min(BATCH, samples - first)
        shape = (count, *photo.shape[1:])
        random = torch.randn(shape, generator=generator_at(seed, "smooth", first)).to(photo.device)
        total += input_gradient(question, photo + spread * random).sum(0, keepdim=True)
    return total / samples


def integrated_gradients(
    question: Question, photo: Tensor, *, samples: int = 32, baseline: Tensor | None = None
) -> Tensor:
    """The gradient along the straight way from `baseline` (black) to the photo, times that way.

    By Gauss-Legendre quadrature with `samples` points; the sum over all pixels is the difference of the scores, as far
    as the points go. Sundararajan, Taly & Yan 2017, "Axiomatic attribution for deep networks".
    """
    start = torch.zeros_like(photo) if baseline is None else baseline
    shares, weights = gauss_legendre(samples)
    total = torch.zeros_like(photo)
    for first in range(0, samples, BATCH):
        share = shares[first : first + BATCH].view(-1, 1, 1, 1).to(photo)
        weight = weights[first : first + BATCH].view(-1, 1, 1, 1).to(photo)
        total += (input_gradient(question, start + share * (photo - start)) * weight).sum(0, keepdim=True)
    return total * (photo - start)


def gauss_legendre(count: int) -> tuple[Tensor, Tensor]:
    """Points in (0, 1) and their weights, which add up to 1 (Golub & Welsch 1969)."""
    n = torch.arange(1, count, dtype=torch.float64)
    off = n / torch.sqrt(4 * n**2 - 1)
    points, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    return (points + 1) / 2, vectors[0] ** 2


def guided_backprop(question: Question, photo: Tensor) -> Tensor:
    """The gradient that is let back only where it is positive and the unit was on. Springenberg et al. 2015.

    Raises TargetError for networks with other nonlinearities than ReLU.
    """
    network = question.network
    refuse_foreign(network.cut(question.bound.layers, guided_relu), network.name, "guided backpropagation")
    return input_gradient(question, photo, guided_relu)


def grad_cam(question: Question, photo: Tensor, *, layer: str | None = None) -> Tensor:
    """(1, 1, H, W), at least 0: a layer's maps, each by its mean gradient, added up. Selvaraju et al. 2017.

    `layer`: the last one with a map that the score depends on, where it is not given. Raises TargetError for a layer
    that it does not depend on.
    """
    network = question.network
    chosen = layer or last_layer(question)
    seen = network.cut([*question.bound.layers, chosen])(photo.detach().clone().requires_grad_(True))
    score = question.score(seen, (photo.shape[2], photo.shape[3])).sum()
    (gradient,) = torch.autograd.grad(score, seen[chosen], allow_unused=True)
    if gradient is None:
        raise TargetError(
            f"the target does not depend on layer {chosen!r}", remedy="Name a layer before the target's own."
        )
    weights = gradient.float().mean((2, 3), keepdim=True)
    heat = (weights * seen[chosen].detach().float()).sum(1, keepdim=True).clamp_min(0)
    return F.interpolate(heat, size=photo.shape[-2:], mode="bilinear", align_corners=False)


def last_layer(question: Question) -> str:
    """The deepest layer with a map of more than one cell that comes before the question's own."""
    network = question.network
    own = min(network.layers.index(name) for name in question.bound.layers)
    spatial = [shape.name for shape in network.describe(512, 512) if shape.height > 1 and "." not in shape.name]
    spatial = spatial or [shape.name for shape in network.describe(512, 512) if shape.height > 1]
    before = [name for name in spatial if network.layers.index(name) < own]
    return (before or [network.layers[0]])[-1]


def guided_grad_cam(question: Question, photo: Tensor, *, layer: str | None = None) -> Tensor:
    """Guided backpropagation where Grad-CAM sees something. Selvaraju et al. 2017, section 3.2."""
    return guided_backprop(question, photo) * grad_cam(question, photo, layer=layer)


def explain(method: str, question: Question, photo: Tensor, *, samples: int = 24, layer: str | None = None) -> Tensor:
    """A method by its name: gradient, smooth, integrated, guided, grad-cam or guided-grad-cam."""
    by_name: dict[str, Callable[[], Tensor]] = {
        "gradient": lambda: input_gradient(question, photo),
        "smooth": lambda: smooth_gradient(question, photo, samples=samples),
        "integrated": lambda: integrated_gradients(question, photo, samples=samples),
        "guided": lambda: guided_backprop(question, photo),
        "grad-cam": lambda: grad_cam(question, photo, layer=layer),
        "guided-grad-cam": lambda: guided_grad_cam(question, photo, layer=layer),
    }
    return by_name[method]()


def heat_of(attribution: Tensor) -> Tensor:
    """(1, C, H, W), signed, to (H, W), at least 0: the largest magnitude over the colors."""
    return attribution.abs().amax(1)[0]


def rank_correlation(one: Tensor, other: Tensor) -> float:
    """Spearman's rank correlation of two heat maps of one size, in [-1, 1]."""
    ranks = [each.flatten().argsort().argsort().double() for each in (one, other)]
    return float(torch.corrcoef(torch.stack(ranks))[0, 1])
