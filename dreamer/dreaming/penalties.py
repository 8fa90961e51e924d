"""Penalties as gradients by the picture: what a dream is kept from.

Each gradient points where the penalty grows, and is about 1 in size where the fault is plain to see, so that a weight
means the same on every picture. The target's gradient, from which they are subtracted, has a root mean square of 1.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.buffers import relax
from dreamer.dreaming.filters import luma, scharr_energy_gradient, stretched
from dreamer.dreaming.strips import is_large, updated
from dreamer.presets.model.canvas import FLAT, Wraps
from dreamer.presets.model.schema import Penalties, Preset

# At weight 1 the picture stays within about a quarter of the value range of the photo.
PHOTO_PULL = 4.0
# Side of the grid on which "large shapes and light" are compared.
SHAPES_CELLS = 24
SHAPES = "photo_shapes"
# Rows around a pixel that its penalties depend on.
MARGIN = 4

PictureGradient = Callable[[Tensor, Tensor, Wraps], Tensor]


def color_gradient(image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """Gradient of (2x - 1)^4 / 8 for each value x in [0, 1]: nothing near mid-gray, 1 at black and white."""
    return (2 * image - 1) ** 3


def l2_gradient(image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """Gradient of (x - 1/2)^2 for each value x in [0, 1]."""
    return 2 * image - 1


def edges_gradient(image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """Gradient of half the squared Scharr responses, horizontal and vertical."""
    return scharr_energy_gradient(image, wraps)


def total_variation_gradient(image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """Gradient of the total variation, smoothed near 0 (Rudin, Osher & Fatemi 1992)."""
    rows, columns = wraps
    right = image.roll(-1, 3) - image if columns else F.pad(image.diff(dim=3), (0, 1))
    down = image.roll(-1, 2) - image if rows else F.pad(image.diff(dim=2), (0, 0, 0, 1))
    shortened = torch.rsqrt(right**2 + down**2 + 1e-4)
    right, down = right * shortened, down * shortened
    gradient = -(right + down)
    gradient[..., 1:] += right[..., :-1]
    gradient[:, :, 1:] += down[:, :, :-1]
    if columns:
        gradient[..., :1] += right[..., -1:]
    if rows:
        gradient[:, :, :1] += down[:, :, -1:]
    return gradient


def photo_pixels_gradient(image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """Gradient of the squared distance from the photo."""
    return PHOTO_PULL * (image - photo)


def photo_color_gradient(image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """As `photo_pixels_gradient`, of color alone: a change of brightness costs nothing."""
    difference = image - photo
    return PHOTO_PULL * (difference - luma(difference))


def photo_shapes_gradient(image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
    """As `photo_pixels_gradient`, of low frequencies alone: fine detail costs nothing."""
    height, width = image.shape[-2:]
    cell = max(1, min(height, width) // SHAPES_CELLS)
    coarse = _mean_difference(image, photo, max(1, height // cell), max(1, width // cell))
    return updated(stretched(coarse, height, width, wraps), lambda part: PHOTO_PULL * part)


def _mean_difference(image: Tensor, photo: Tensor, rows: int, columns: int) -> Tensor:
    """Means of `image - photo` in rows x columns cells."""
    if not is_large(image):
        return F.adaptive_avg_pool2d(image - photo, (rows, columns))
    means = []
    for row in range(rows):
        cell = slice(row * image.shape[2] // rows, -(-(row + 1) * image.shape[2] // rows))
        relax(image, photo)
        means.append(F.adaptive_avg_pool2d(image[:, :, cell] - photo[:, :, cell], (1, columns)))
    return torch.cat(means, 2)


GRADIENTS: dict[str, PictureGradient] = {
    "color": color_gradient,
    "edges": edges_gradient,
    "total_variation": total_variation_gradient,
    "l2": l2_gradient,
    "photo_pixels": photo_pixels_gradient,
    "photo_color": photo_color_gradient,
    SHAPES: photo_shapes_gradient,
}


@dataclass(frozen=True)
class Regularization:
    """All that regularizes a dream: weighted penalties, and a factor on the step size."""

    weights: dict[str, float]
    features: float
    features_layer: str | None
    step_factor: float

    def subtracted_from(self, gradient: Tensor, image: Tensor, photo: Tensor, wraps: Wraps = FLAT) -> Tensor:
        """`gradient` less the weighted gradients of the penalties at `image`, all (B, 3, H, W).

        A large gradient is written over.
        """
        if not self.weights:
            return gradient
        # Only its means over cells need the whole picture; in GRADIENTS it is the last.
        shapes = [photo_shapes_gradient(image, photo, wraps)] if SHAPES in self.weights else []

        def rest(gradient: Tensor, image: Tensor, photo: Tensor, *shapes: Tensor) -> Tensor:
            weights = {name: weight for name, weight in self.weights.items() if name != SHAPES}
            local = (weight * GRADIENTS[name](image, photo, wraps) for name, weight in weights.items())
            whole = (self.weights[SHAPES] * each for each in shapes)
            return gradient - functools.reduce(torch.add, itertools.chain(local, whole))

        return updated(gradient, rest, image, photo, *shapes, margin=MARGIN, wraps=wraps[0])


def regularization(preset: Preset) -> Regularization:
    """The preset's penalties with its `fidelity` dial mapped onto them.

    At fidelity f the photo's shapes pull with f / (1 - f), its color and pixels with half of that, and steps shrink
    by 1 - f: 0 changes nothing, 1 keeps the photo as it is.
    """
    penalties: Penalties = preset.penalties
    pull = preset.fidelity / max(1 - preset.fidelity, 1e-3)
    added = {"photo_shapes": pull, "photo_color": pull / 2, "photo_pixels": pull / 2}
    weights = {name: getattr(penalties, name) + added.get(name, 0.0) for name in GRADIENTS}
    return Regularization(
        {name: weight for name, weight in weights.items() if weight > 0},
        penalties.photo_features,
        penalties.features_layer,
        1 - preset.fidelity,
    )
