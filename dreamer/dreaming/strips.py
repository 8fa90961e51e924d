"""Operations on whole pictures in strips of rows, so that nothing in between is as large as a large picture.

Small pictures are one strip. Strips give the values that the whole picture would: what looks at neighbors gets the
rows around a strip, too, and statistics of the whole are no strips' business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dreamer.buffers import empty, relax, zeros
from dreamer.dreaming.wrapping import window

# Values of a picture: larger ones, of 5.6 megapixels, are taken in strips.
LARGE = 1 << 24
STRIP = 1 << 22
SMALLEST = 64  # rows


def is_large(picture: Tensor) -> bool:
    """Whether a copy of a tensor (B, ...) is worth avoiding: by the values of each picture, so that together is as
    alone."""
    return picture.numel() > LARGE * len(picture)


def strips(picture: Tensor) -> Iterator[tuple[int, int]]:
    """First and last row (exclusive) of each strip of (B, C, H, ...), beginning at even rows."""
    height = picture.shape[2]
    rows = height
    if is_large(picture):
        rows = max(SMALLEST, STRIP * height // picture.numel() // 2 * 2)
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def updated(
    picture: Tensor, function: Callable[..., Tensor], *beside: Tensor, margin: int = 0, wraps: bool = False
) -> Tensor:
    """`function(picture, *beside)`, of the picture's shape; a large picture is written over by it, strip by strip.

    `beside`: tensors as high as the picture, or of one row. `margin`: rows up and down that a value depends on. Beyond
    a strip's margin `function` sees borders where the picture has none. `wraps`: whether the last row is beside the
    first one.
    """
    if not is_large(picture):
        return function(picture, *beside)
    height = picture.shape[2]
    around = margin if wraps else 0
    # Rows that are written over already, as they were.
    above, begin = picture[:, :, height - around :].clone(), picture[:, :, :around].clone()
    for top, bottom in strips(picture):
        first, last = _reach(top, bottom, height, margin, wraps)
        below = picture[:, :, top : min(last, height)]
        parts = [above] * (first < top) + [below] + [begin[:, :, : last - height]] * (last > height)
        source = torch.cat(parts, 2) if len(parts) > 1 else below
        above = picture[:, :, max(0, bottom - margin) : bottom].clone()
        others = (each if each.shape[2] == 1 else _rows(each, first, last) for each in beside)
        picture[:, :, top:bottom] = function(source, *others)[:, :, top - first : bottom - first]
        relax(picture, *beside)
    return picture


def difference(picture: Tensor, other: Tensor) -> Tensor:
    """`picture - other`, which may be of one row."""
    if not is_large(picture):
        return picture - other
    return updated(copied(picture), torch.sub, other)


def copied(picture: Tensor) -> Tensor:
    """A copy of (B, C, H, ...)."""
    result = empty(*picture.shape, device=picture.device)
    for top, bottom in strips(picture):
        result[:, :, top:bottom] = picture[:, :, top:bottom]
        relax(picture, result)
    return result


def any_value(picture: Tensor) -> Tensor:
    """(B,) whether any value of each (C, H, ...) is not zero."""
    found = []
    for top, bottom in strips(picture):
        found.append(picture[:, :, top:bottom].flatten(1).any(1))
        relax(picture)
    return torch.stack(found).any(0)


def zeros_like(picture: Tensor) -> Tensor:
    """Zeros, (B, C, H, ...)."""
    return zeros(*picture.shape, device=picture.device)


def by_channels(picture: Tensor, height: int, width: int, function: Callable[[Tensor], Tensor]) -> Tensor:
    """`function(picture)`, which makes (B, C, h, w) `height` x `width` px: for a large one a channel after the other.

    Resampling needs another copy of what it works on.
    """
    if picture.shape[1] * height * width <= LARGE:
        return function(picture)
    result = empty(*picture.shape[:2], height, width, device=picture.device)
    for channel in range(picture.shape[1]):
        plane = slice(channel, channel + 1)
        result[:, plane] = function(picture[:, plane])
        relax(picture, result)
    return result


def _reach(top: int, bottom: int, height: int, margin: int, wraps: bool) -> tuple[int, int]:
    """The rows of a strip with its margin; those beyond the picture are of its other end."""
    return (top - margin, bottom + margin) if wraps else (max(0, top - margin), min(height, bottom + margin))


def _rows(picture: Tensor, first: int, last: int) -> Tensor:
    return window(picture, first, 0, last - first, picture.shape[3])


def halved_in_strips(
    picture: Tensor, function: Callable[[Tensor], Tensor], margin: int, *, wraps: bool = False
) -> Tensor:
    """`function(picture)`, which makes (B, C, H, W) half as large.

    `margin` and `wraps`: as for `updated`; the margin is even.
    """
    if not is_large(picture):
        return function(picture)
    height, width = picture.shape[2:]
    result = empty(*picture.shape[:2], (height + 1) // 2, (width + 1) // 2, device=picture.device)
    for top, bottom in strips(picture):
        first, last = _reach(top, bottom, height, margin, wraps)
        part = function(_rows(picture, first, last))
        result[:, :, top // 2 : (bottom + 1) // 2] = part[:, :, (top - first) // 2 : (bottom + 1 - first) // 2]
        relax(picture, result)
    return result
