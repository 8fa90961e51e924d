"""Numbers as colors: which color stands for which number, alone or over a gray photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

Floats = np.ndarray
"""An array of floats, of any shape."""


@dataclass(frozen=True)
class Colormap:
    """Colors as the stops of even steps from 0 to 1, sRGB in 0 to 255.

    `over`: colors (..., 3), their places (...,) and a gray photo (...,), all in [0, 1], to the colors over the photo.
    """

    stops: tuple[tuple[int, int, int], ...]
    over: Callable[[Floats, Floats, Floats], Floats]

    def colors(self, places: Floats) -> Floats:
        """(...,) in [0, 1] to (..., 3) in [0, 1]."""
        stops = np.asarray(self.stops, dtype=np.float64) / 255
        steps = np.linspace(0, 1, len(stops))
        colors = np.empty((*np.shape(places), 3))
        for channel, values in enumerate(stops.T):
            colors[..., channel] = np.interp(places, steps, values)
        return colors


def _glowing(colors: Floats, places: Floats, gray: Floats) -> Floats:
    """The hotter, the more of the color; where there is no heat, the darkened photo."""
    strength = np.sqrt(places)[..., None] * 0.85
    mixed: Floats = 0.6 * gray[..., None] * (1 - strength) + colors * strength
    return mixed


def _tinted(colors: Floats, places: Floats, gray: Floats) -> Floats:
    """The pale photo in the tint of the colors."""
    return colors * (0.4 + 0.6 * gray[..., None])


# Dark violet over red to light yellow, of evenly rising lightness, after matplotlib's inferno (CC0).
HEAT = Colormap(((0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99), (212, 72, 66), (245, 125, 21), (250, 193, 39),
                 (252, 255, 164)), _glowing)  # fmt: skip
# Blue below 0, red above, light gray between: Moreland 2009, "Diverging color maps for scientific visualization".
DIVERGING = Colormap(((59, 76, 192), (98, 130, 234), (141, 176, 254), (184, 208, 249), (221, 221, 221), (245, 196, 173),
                      (244, 154, 123), (222, 96, 77), (180, 4, 38)), _tinted)  # fmt: skip
GRAY = Colormap(((0, 0, 0), (255, 255, 255)), _tinted)


@dataclass(frozen=True)
class ColorScale:
    """The numbers from `low` to `high` as the colors of `colormap`; what lies beyond has the color of the end.

    `caption`: what the numbers are. `clipped`: some lie beyond. `over_photo`: the colors lie over a gray photo.
    """

    low: float
    high: float
    colormap: Colormap
    caption: str = ""
    clipped: bool = False
    over_photo: bool = False

    def places(self, values: Floats) -> Floats:
        """Numbers to their places between `low` and `high`, in [0, 1]."""
        places: Floats = np.clip((np.asarray(values, np.float64) - self.low) / (self.high - self.low), 0, 1)
        return places

    def colors(self, values: Floats, gray: Floats | None = None) -> Floats:
        """(...,) to (..., 3) in [0, 1]; over a photo, `gray`, of the same shape and in [0, 1], where there is one."""
        places = self.places(values)
        colors = self.colormap.colors(places)
        return colors if gray is None else self.colormap.over(colors, places, np.asarray(gray, np.float64))

    def image(self, values: Floats, gray: Floats | None = None) -> Image.Image:
        """(H, W) as an RGB image, over a gray photo (H, W) in [0, 1] where there is one."""
        return Image.fromarray(np.round(self.colors(values, gray) * 255).astype(np.uint8))


def heat_scale(
    values: Floats, *, share: float = 1.0, signed: bool | None = None, caption: str = "", over_photo: bool = False
) -> ColorScale:
    """The scale that fits numbers of any shape: from 0 to the largest, or diverging evenly on both sides of 0.

    `signed`: diverging; by default where a number is below 0. `share` below 1 clips the largest magnitudes.
    """
    values = np.asarray(values, np.float64)
    bound = _bound(np.abs(values), share)
    clipped = bool(np.abs(values).max() > bound * (1 + 1e-6))
    if signed if signed is not None else values.min() < 0:
        return ColorScale(-bound, bound, DIVERGING, caption, clipped, over_photo)
    return ColorScale(0.0, bound, HEAT, caption, clipped, over_photo)


def gray_scale(values: Floats, *, share: float = 1.0, caption: str = "") -> ColorScale:
    """The scale of a signed picture, whose colors are numbers each: 0 is mid-gray."""
    magnitudes = np.abs(np.asarray(values, np.float64))
    bound = _bound(magnitudes, share)
    return ColorScale(-bound, bound, GRAY, caption, bool(magnitudes.max() > bound * (1 + 1e-6)))


def _bound(magnitudes: Floats, share: float) -> float:
    """The quantile `share`, or the largest where that is 0; 1 where all are 0."""
    return float(np.quantile(magnitudes, share)) or float(magnitudes.max()) or 1.0
