"""Pictures in the color space of their own profile: to sRGB without a cut, and back.

The engine works on sRGB in [0, 1], which the colors of wider spaces leave. They are not cut but divided: what fits is
the picture that is dreamt over, and what goes beyond (negative, or over 1, on the sRGB curve continued) is kept apart
and added to the dream. Where nothing was dreamt their sum is the photo's color, to the last bit of its file; where
something was, the dream's change is added to the photo's full color, and cut only by the photo's own space. The more
the dream has changed, the less is added, so that the photo's outlines do not show through.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamer.buffers import empty, relax, zeros
from dreamer.pictures.icc import SRGB, MatrixProfile, parse_profile, srgb_light, srgb_profile, srgb_values

# Rows at a time, so that what is in between takes little memory.
_ROWS = 256
# What goes beyond by less than this is a rounding of the matrices.
_NEGLIGIBLE = 1e-4
# A change of the photo by so much leaves nothing of what went beyond.
_FORGOTTEN = 0.5
# The largest number of OpenEXR's half floats.
_BRIGHTEST = 65504.0


def to_srgb_and_beyond(
    encoded: NDArray[np.uint8] | NDArray[np.uint16], profile: MatrixProfile
) -> tuple[Tensor, Tensor | None]:
    """Colors (H, W, 3) of a profile as (3, H, W) float32 in [0, 1], sRGB, and what goes beyond that, or None."""
    codes = np.linspace(0, 1, np.iinfo(encoded.dtype).max + 1, dtype=np.float32)
    tables = [curve.decoded(codes) for curve in profile.curves]
    matrix = profile.matrix_to(_srgb())
    bands = (encoded[rows] for rows in _bands(len(encoded)))
    light = (np.stack([table[band[..., n]] for n, table in enumerate(tables)], -1) @ matrix.T for band in bands)
    return _divided(light, *encoded.shape[:2])


def light_and_beyond(light: NDArray[np.float32]) -> tuple[Tensor, Tensor | None]:
    """The same for linear light (H, W, 3) of Rec. 709, of any values; what is no number is black."""
    whole = np.nan_to_num(light, posinf=_BRIGHTEST, neginf=-_BRIGHTEST)
    return _divided((whole[rows] for rows in _bands(len(whole))), *light.shape[:2])


def _divided(light: Iterable[NDArray[np.float32]], height: int, width: int) -> tuple[Tensor, Tensor | None]:
    """Bands of linear light as sRGB in [0, 1], and what goes beyond, or None."""
    pixels = empty(3, height, width)
    beyond: Tensor | None = None
    for rows, band in zip(_bands(height), light, strict=True):
        full = srgb_values(band)
        inside = np.clip(full, 0, 1)
        pixels[:, rows] = torch.from_numpy(inside).permute(2, 0, 1)
        rest = full - inside
        if np.abs(rest).max() > _NEGLIGIBLE:
            beyond = zeros(3, height, width) if beyond is None else beyond
            beyond[:, rows] = torch.from_numpy(rest).permute(2, 0, 1)
        relax(pixels, *([] if beyond is None else [beyond]))
    return pixels, beyond


def faded(beyond: Tensor, dream: Tensor, photo: Tensor) -> Tensor:
    """What goes beyond sRGB, as far as the dream still is the photo: all of it where they are equal, nothing from a
    change of half the range on, where it would be an outline of the photo in the dream. All are (3, H, W)."""
    left = empty(*beyond.shape)
    for rows in _bands(beyond.shape[1]):
        change = (dream[:, rows] - photo[:, rows]).abs().amax(0)
        left[:, rows] = beyond[:, rows] * (1 - change / _FORGOTTEN).clamp_min(0)
        relax(left, beyond, dream, photo)
    return left


def from_srgb(pixels: Tensor, profile: MatrixProfile) -> Tensor:
    """Colors of sRGB on its continued curve, (3, H, W), as encoded values of a profile in [0, 1]."""
    matrix = _srgb().matrix_to(profile)
    encoded = empty(*pixels.shape)
    for rows in _bands(pixels.shape[1]):
        linear = srgb_light(pixels[:, rows].permute(1, 2, 0).numpy())
        encoded[:, rows] = torch.from_numpy(profile.encoded(linear @ matrix.T)).permute(2, 0, 1)
        relax(encoded, pixels)
    return encoded


def linear_light(pixels: Tensor) -> Tensor:
    """Linear light of sRGB on its continued curve; shapes are as they were."""
    linear = empty(*pixels.shape)
    for rows in _bands(pixels.shape[1]):
        linear[:, rows] = torch.from_numpy(srgb_light(pixels[:, rows].numpy()))
        relax(linear, pixels)
    return linear


@functools.cache
def _srgb() -> MatrixProfile:
    return MatrixProfile(parse_profile(srgb_profile()).primaries, (SRGB, SRGB, SRGB))


def _bands(height: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS) for start in range(0, height, _ROWS))
