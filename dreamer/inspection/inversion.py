"""What a layer retains of a photo: a picture optimized to have the same features.

Mahendran & Vedaldi 2015, "Understanding deep image representations by inverting them": squared distance of the features
over their squared length, and total variation. The picture is optimized in decorrelated Fourier coefficients by Adam.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.ascent import Adam
from dreamer.dreaming.canvas import FourierCanvas
from dreamer.dreaming.noise import noise_picture
from dreamer.dreaming.randomness import generator_at
from dreamer.networks import Network


@dataclass(frozen=True)
class Inversion:
    """`picture`: (1, 3, H, W) in [0, 1]. `error`: squared distance of its features over their squared length."""

    layer: str
    picture: Tensor
    error: float
    start_error: float


def invert(
    network: Network,
    photo: Tensor,
    layer: str,
    *,
    steps: int = 300,
    rate: float = 0.05,
    smoothness: float = 10.0,
    seed: int = 0,
    on_step: Callable[[int], None] = lambda step: None,
) -> Inversion:
    """Optimize a picture from noise until its features at `layer` are those of (1, 3, H, W) in [0, 1].

    `smoothness` weighs total variation against the features' relative error. Raises TargetError for an
    unknown layer.
    """
    cut = network.cut([layer])
    with torch.no_grad():
        wanted = cut(photo)[layer].float()
    length = wanted.square().sum().clamp_min(1e-12)
    height, width = photo.shape[-2:]
    noise = noise_picture(height, width, color="pink", contrast=0.05, generator=generator_at(seed, "inversion"))
    canvas = FourierCanvas(noise.unsqueeze(0).to(photo.device))
    optimizer = Adam()

    def error_of(image: Tensor) -> Tensor:
        return (cut(image)[layer].float() - wanted).square().sum() / length

    with torch.no_grad():
        start_error = float(error_of(canvas.picture()))
    for step in range(steps):
        leaf = canvas.picture().detach().requires_grad_(True)
        loss = error_of(leaf) + smoothness * _variation(leaf)
        (gradient,) = torch.autograd.grad(loss, leaf)
        fading = 1 - step / steps
        canvas.moved(optimizer(canvas.pulled_back(gradient)), -rate * fading)
        on_step(step + 1)
    with torch.no_grad():
        return Inversion(layer, canvas.picture(), float(error_of(canvas.picture())), start_error)


def _variation(image: Tensor) -> Tensor:
    """Mean squared difference of neighboring pixels."""
    return image.diff(dim=2).square().mean() + image.diff(dim=3).square().mean()
