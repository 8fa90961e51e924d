"""Noise to dream from, in several colors of its spectrum."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dreamer.errors import PresetError, did_you_mean

NOISE_COLORS: dict[str, float] = {"white": 0.0, "pink": -1.0, "brown": -1.5, "blue": 1.0, "gray": -1.0}
"""Color of noise -> exponent of its amplitude over spatial frequency. In two dimensions an exponent of -1 gives each
octave the same energy, as in natural images (Field 1987), and -1.5 is a Brownian surface. Gray is monochrome pink."""


def noise_picture(height: int, width: int, *, color: str, contrast: float, seed: int) -> Tensor:
    """Gaussian noise of one spectrum as a picture: (3, height, width) float32 in [0, 1], sRGB, on the CPU.

    Each channel has mean 0.5 and the standard deviation `contrast` before values are clamped; channels are independent
    but for "gray", where they are equal. The same arguments give the same pixels, whatever ran before.
    Raises PresetError for a color that is not in `NOISE_COLORS`.
    """
    if color not in NOISE_COLORS:
        remedy = did_you_mean(color, NOISE_COLORS) or f"The colors of noise are {', '.join(NOISE_COLORS)}."
        raise PresetError([f"there is no {color!r} noise"], remedy=remedy)
    channels = 1 if color == "gray" else 3
    generator = torch.Generator().manual_seed(seed)
    noise = shape_spectrum(torch.randn(channels, height, width, generator=generator), NOISE_COLORS[color])
    noise = noise - noise.mean(dim=(1, 2), keepdim=True)
    deviation = noise.square().mean(dim=(1, 2), keepdim=True).sqrt()
    noise = noise / deviation.clamp_min(torch.finfo(noise.dtype).tiny)  # a picture of one pixel does not deviate
    return (0.5 + contrast * noise).clamp_(0, 1).expand(3, height, width).contiguous()


def shape_spectrum(noise: Tensor, exponent: float) -> Tensor:
    """Multiply the spectrum of `noise`, (..., H, W) float, by spatial frequency to the power `exponent`.

    Frequencies are in cycles a pixel, so the shape is the same in both directions whatever the aspect. The constant
    part is kept where `exponent` is 0 and removed otherwise.
    """
    if exponent == 0:
        return noise
    height, width = noise.shape[-2:]
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = math.inf if exponent < 0 else 0.0
    shaped: Tensor = torch.fft.irfft2(torch.fft.rfft2(noise) * frequency.pow(exponent), s=(height, width))
    return shaped
