"""What is dreamt on where there is no photo: one color, or noise in several spectra."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from dreamer.presets.model.canvas import Canvas

# Amplitude falls as frequency to this power: white is flat, brown has the softest clouds, blue the finest grain.
EXPONENTS = {"white": 0.0, "pink": 1.0, "brown": 2.0, "blue": -1.0, "gray": 1.0}


def start_picture(canvas: Canvas, height: int, width: int, generator: Generator) -> Tensor:
    """(1, 3, height, width) float32 in [0, 1], sRGB, on the CPU: the canvas before anything is dreamt on it."""
    plain = plain_picture(canvas)
    if canvas.start != "noise":
        return plain.expand(1, 3, height, width).contiguous()
    noise = noise_picture(height, width, color=canvas.noise, contrast=canvas.contrast, generator=generator)
    return (noise + (plain - 0.5)).clamp(0, 1)


def plain_picture(canvas: Canvas) -> Tensor:
    """(1, 3, 1, 1) float32 in [0, 1], sRGB: the one color of a canvas, without its noise."""
    return torch.tensor(canvas.plain_color).view(1, 3, 1, 1)


def noise_picture(height: int, width: int, *, color: str, contrast: float, generator: Generator) -> Tensor:
    """(3, height, width) float32 noise in [0, 1] around mid-gray, with a standard deviation of `contrast`.

    `color`: white, pink, brown or blue, each channel for itself; gray is pink without color.
    """
    channels = 1 if color == "gray" else 3
    white = torch.randn(channels, height, width, generator=generator)
    rows, columns = torch.fft.fftfreq(height).view(-1, 1), torch.fft.rfftfreq(width).view(1, -1)
    frequency = torch.sqrt(rows**2 + columns**2).clamp_min(1 / max(height, width))
    shaped = torch.fft.irfft2(torch.fft.rfft2(white) * frequency ** -EXPONENTS[color], s=(height, width))
    shaped = shaped - shaped.mean((1, 2), keepdim=True)
    shaped = shaped / (shaped.std((1, 2), keepdim=True) + 1e-12)
    noise: Tensor = (0.5 + contrast * shaped).clamp(0, 1)
    return noise.expand(3, -1, -1).contiguous()
