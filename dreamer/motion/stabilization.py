"""What keeps a long film from drifting: the measures of a frame, brought back to those of a reference.

A feedback loop that adds a little contrast at every frame ends garish, one that resamples ends blurred, and a zoom
turns whatever was fine into large blobs. So brightness, contrast, saturation, sharpness and the share of each scale are
brought back to a reference.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from dreamer.dreaming.filters import gaussian_blur, laplacian_bands, luma, merged_bands
from dreamer.dreaming.statistics import BANDS, PictureStatistics, band_sizes, gradient_energy
from dreamer.presets.model.animation import Stabilization

# Sharpening beyond this shows as ringing; softening beyond this, as blur.
_SHARPEST, _SOFTEST = 0.4, -0.4
_DETAIL_SIGMA = 1.0
# How much one frame may change a scale: slowly enough that nothing pumps.
_LEAST_GAIN, _MOST_GAIN = 0.5, 2.0
_ROUNDS = 2


def stabilized(image: Tensor, reference: PictureStatistics, strengths: Stabilization) -> Tensor:
    """Bring the measures of (1, 3, H, W) float32 in [0, 1] back to `reference`, each as firmly as `strengths` says.

    Clamping to [0, 1] undoes some of it, hence a few rounds.
    """
    if strengths.detail:
        image = _with_scales(image, reference, strengths.detail).clamp(0, 1)
    for _ in range(_ROUNDS):
        image = _toned(_sharpened(image, reference, strengths.sharpness), reference, strengths).clamp(0, 1)
    return image


def fresh_grain(image: Tensor, magnification: float, grain: float, generator: Generator) -> Tensor:
    """Add white noise to (1, 3, H, W) in place of the frequencies that a magnification has left empty.

    A picture enlarged m times holds 1 / m^2 of the frequencies that its size could; the noise has a standard deviation
    of `grain` times the square root of the missing share.
    """
    strength = grain * math.sqrt(max(0.0, 1 - magnification**-2))
    if strength < 1e-5:
        return image
    noise = torch.randn(image.shape, generator=generator).to(image.device)
    return (image + strength * noise).clamp(0, 1)


def _with_scales(image: Tensor, reference: PictureStatistics, firmness: float) -> Tensor:
    """Bring each Laplacian band to the size that it has in the reference."""
    bands = laplacian_bands(image, BANDS)
    mean = bands[-1].mean((2, 3), keepdim=True)
    gains = [
        min(max(wanted / (size + 1e-6), _LEAST_GAIN), _MOST_GAIN) ** firmness
        for wanted, size in zip(reference.scales, band_sizes(bands), strict=True)
    ]
    scaled = [band * gain for band, gain in zip(bands[:-1], gains, strict=False)]
    return merged_bands([*scaled, mean + (bands[-1] - mean) * gains[-1]])


def _sharpened(image: Tensor, reference: PictureStatistics, firmness: float) -> Tensor:
    """Add or take away fine detail so that the gradient energy becomes the reference's."""
    if not firmness:
        return image
    light = luma(image)
    detail = light - gaussian_blur(light, _DETAIL_SIGMA)
    now, mixed, fine = torch.stack(
        [gradient_energy(light, light), gradient_energy(light, detail), gradient_energy(detail, detail)]
    ).tolist()
    if fine <= 1e-12:
        return image
    # The energy of light + a * detail is now + 2 a mixed + a^2 fine.
    wanted = now + (reference.sharpness - now) * firmness
    root = math.sqrt(max(0.0, mixed * mixed - fine * (now - wanted)))
    amount: float = min(max((root - mixed) / fine, _SOFTEST), _SHARPEST)
    return image + amount * detail


def _toned(image: Tensor, reference: PictureStatistics, strengths: Stabilization) -> Tensor:
    light = luma(image)
    mean, deviation = light.mean(), light.std()
    color = image - light
    gain = _share(reference.contrast / (float(deviation) + 1e-6), strengths.contrast)
    level = float(mean) + (reference.brightness - float(mean)) * strengths.brightness
    strength = _share(reference.saturation / (float(color.square().mean().sqrt()) + 1e-6), strengths.saturation)
    return (light - mean) * gain + level + color * strength


def _share(factor: float, firmness: float) -> float:
    return float(min(max(factor, 0.25), 4.0) ** firmness)
