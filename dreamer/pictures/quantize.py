"""Colors of a dream to the numbers of a file, some rows at a time, so that what is in between takes little memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamer.buffers import relax
from dreamer.errors import OutputError

_ROWS = 256


@dataclass(frozen=True, eq=False)
class Colors:
    """`pixels`: (3, H, W) in [0, 1], sRGB, on any device; `beyond`: what is added to them, or None; `alpha`: (1, H, W).

    `convert`: from colors (3, h, W) of sRGB on its continued curve to what is stored.
    """

    pixels: Tensor
    beyond: Tensor | None
    alpha: Tensor | None
    convert: Callable[[Tensor], Tensor] = lambda band: band

    def band(self, rows: slice) -> Tensor:
        """(3 or 4, h, W) float32 on the CPU. Raises OutputError for what is no number."""
        values = _at_home(self.pixels[:, rows])
        if not torch.isfinite(values).all():
            remedy = "The dream ran away: lower the step size."
            raise OutputError("the picture holds values that are not numbers", remedy=remedy)
        color = self.convert(values if self.beyond is None else values + self.beyond[:, rows])
        relax(self.pixels, *([] if self.beyond is None else [self.beyond]))
        return color if self.alpha is None else torch.cat([color, _at_home(self.alpha[:, rows])])


def quantized(colors: Colors, kind: type[np.generic]) -> NDArray[Any]:
    """(H, W, 3 or 4) values of a kind: integers are rounded to the nearest, floats stay. Raises OutputError."""
    height, width = colors.pixels.shape[1:]
    made = np.empty((height, width, 3 if colors.alpha is None else 4), kind)
    for top in range(0, height, _ROWS):
        band = colors.band(slice(top, top + _ROWS)).permute(1, 2, 0)
        if kind is not np.float32:
            band = (band.clamp(0, 1) * float(np.iinfo(kind).max)).round()  # type: ignore[type-var]
        made[top : top + _ROWS] = band.numpy().astype(kind)
    return made


def _at_home(values: Tensor) -> Tensor:
    return values.detach().to("cpu", torch.float32)
