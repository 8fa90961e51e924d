"""The canvas: what the gradient steps change. Pixels, or Fourier coefficients with decorrelated color."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from dreamer.dreaming.strips import updated

# How the colors of photographs vary together: columns are the directions, by falling strength, scaled to the
# largest column's length. From the color correlation of natural pictures (Olah et al. 2017, "Feature visualization").
COLOR_DIRECTIONS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
# Values are kept this far inside (0, 1), where the sigmoid can be inverted.
MARGIN = 1 / 512


class Parameterization(Protocol):
    """Parameters of a picture. `values` is what an optimizer steps."""

    values: Tensor

    def picture(self) -> Tensor:
        """(B, 3, H, W) float32 in [0, 1], sRGB."""

    def pulled_back(self, gradient: Tensor) -> Tensor:
        """The gradient by the canvas' values for a gradient (B, 3, H, W) by its pixels."""

    def moved(self, direction: Tensor, size: float) -> None:
        """Add `size` times `direction` to the values."""

    def replaced(self, picture: Tensor) -> None:
        """Show another picture of the same size, which the canvas may keep and write over."""


class PixelCanvas:
    """The values are the pixels, held in [0, 1]. A large picture is kept and written over."""

    values: Tensor

    def __init__(self, picture: Tensor) -> None:
        self.replaced(picture)

    def picture(self) -> Tensor:
        """(B, 3, H, W) float32 in [0, 1]."""
        return self.values

    def pulled_back(self, gradient: Tensor) -> Tensor:
        """The gradient itself."""
        return gradient

    def moved(self, direction: Tensor, size: float) -> None:
        """Add `size` times `direction`, (B, 3, H, W), and hold the result in [0, 1]."""
        self.values = updated(self.values, lambda part, along: part.add(size * along).clamp_(0, 1), direction)

    def replaced(self, picture: Tensor) -> None:
        """Show another picture."""
        self.values = updated(picture, lambda part: part.clamp(0, 1))


class FourierCanvas:
    """Values are Fourier coefficients of decorrelated color, weighted by 1 / frequency.

    A step of one size in every coefficient then changes a picture as natural pictures differ, most in the low
    frequencies. Olah, Mordvintsev & Schubert 2017, "Feature visualization", section "Preconditioning".
    Any picture inside (0, 1) can be shown: it is the sigmoid of the colors that the coefficients make.
    """

    def __init__(self, picture: Tensor) -> None:
        self._size = picture.shape[-2:]
        height, width = self._size
        rows, columns = torch.fft.fftfreq(height).view(-1, 1), torch.fft.rfftfreq(width).view(1, -1)
        lowest = 1 / max(height, width)
        weight = 1 / torch.sqrt(rows**2 + columns**2).clamp_min(lowest)
        self._weight = (weight / weight.square().mean().sqrt()).to(picture.device)
        mixing = torch.tensor(COLOR_DIRECTIONS)
        mixing = mixing / mixing.norm(dim=0).max()
        self._mixing, self._unmixing = mixing.to(picture.device), torch.linalg.inv(mixing).to(picture.device)
        self.replaced(picture)

    def _encoded(self, picture: Tensor) -> Tensor:
        inside = picture.clamp(MARGIN, 1 - MARGIN)
        colors = torch.einsum("dc,bchw->bdhw", self._unmixing, torch.logit(inside))
        spectrum: Tensor = torch.fft.rfft2(colors, norm="ortho")
        return spectrum / self._weight

    def _decoded(self, values: Tensor) -> Tensor:
        colors = torch.fft.irfft2(values * self._weight, s=self._size, norm="ortho")
        return torch.sigmoid(torch.einsum("cd,bdhw->bchw", self._mixing, colors))

    def picture(self) -> Tensor:
        """(B, 3, H, W) float32 in (0, 1)."""
        return self._picture

    def pulled_back(self, gradient: Tensor) -> Tensor:
        """(B, 3, H, W) by pixels to the real and imaginary parts of the coefficients, (B, 3, H, W // 2 + 1, 2)."""
        logits = gradient * self._picture * (1 - self._picture)
        colors = torch.einsum("cd,bchw->bdhw", self._mixing, logits)
        pulled = torch.fft.rfft2(colors, norm="ortho") * self._weight
        # A coefficient stands for its mirror image, too, but for the columns that mirror themselves.
        pulled[..., 1 : (self._size[1] + 1) // 2] *= 2
        return torch.view_as_real(pulled)

    def moved(self, direction: Tensor, size: float) -> None:
        """Add `size` times a direction shaped as `pulled_back` returns it."""
        self._show(self.values + torch.view_as_complex((size * direction).contiguous()))

    def replaced(self, picture: Tensor) -> None:
        """Show another picture of the same size."""
        self._show(self._encoded(picture))

    def _show(self, values: Tensor) -> None:
        self.values, self._picture = values, self._decoded(values)


CANVASES: dict[str, type[PixelCanvas] | type[FourierCanvas]] = {"pixels": PixelCanvas, "fourier": FourierCanvas}
