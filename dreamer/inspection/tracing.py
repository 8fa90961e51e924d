"""From a feature map back to the pixels most responsible for it: heat map, box and silhouette."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dreamer.inspection.deconvolution import project
from dreamer.inspection.heatmaps import smoothed
from dreamer.networks import Network


@dataclass(frozen=True)
class KernelTrace:
    """`heat`: (H, W) in [0, 1]. `mask`: (H, W) in [0, 1], soft at its edge. `box`: top, left, bottom, right in px."""

    layer: str
    kernel: int
    heat: Tensor
    mask: Tensor
    box: tuple[int, int, int, int]


def trace_kernel(network: Network, photo: Tensor, layer: str, kernel: int, *, softness: float = 0.02) -> KernelTrace:
    """Trace the whole map of a kernel on (1, 3, H, W) back to the photo, by the deconvnet.

    The projection's energy is smoothed over the size of a cell; what lies above Otsu's threshold and is connected
    to the hottest pixel is the silhouette. `softness`: width of its edge as a share of the shorter side.
    Raises TargetError as `project` does.
    """
    (projection,) = project(network, photo, layer, [kernel], "all")
    height, width = photo.shape[-2:]
    cell = network.cut([layer]).stride
    energy = projection.picture.square().sum(0).sqrt().cpu()
    heat = smoothed(energy, max(1.0, 0.75 * cell))
    heat = heat / heat.max().clamp_min(1e-30)
    inside = _connected((heat > otsu_threshold(heat)).numpy(), int(heat.argmax()))
    mask = smoothed(torch.from_numpy(inside).float(), max(0.5, softness * min(height, width)))
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else (0, 0, 0, 0)
    return KernelTrace(layer, kernel, heat, mask, box)


def otsu_threshold(heat: Tensor) -> float:
    """The threshold in [0, 1] that splits the values best in two, by the variance between the classes (Otsu 1979)."""
    counts = torch.histc(heat, 256, 0, 1).double()
    values = (torch.arange(256, dtype=torch.float64) + 0.5) / 256
    below, total = counts.cumsum(0), counts.sum()
    sums, whole = (counts * values).cumsum(0), (counts * values).sum()
    between = (whole * below - sums * total) ** 2 / (below * (total - below)).clamp_min(1e-9)
    return (int(between[:-1].argmax()) + 1) / 256


def _connected(inside: np.ndarray, start: int) -> np.ndarray:
    """The part of a (H, W) bool array that is connected to the pixel at flat index `start`."""
    height, width = inside.shape
    reached = np.zeros_like(inside)
    waiting = deque([divmod(start, width)])
    while waiting:
        row, column = waiting.popleft()
        if 0 <= row < height and 0 <= column < width and inside[row, column] and not reached[row, column]:
            reached[row, column] = True
            waiting.extend(((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)))
    return reached
