"""Max pooling and its way back in Triton, for channels-last pictures: each value is read and written once.

torch's own keep an index of eight bytes for each maximum, and took a quarter of GoogLeNet's time on an H100.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

BLOCK = 1024


@triton.jit  # type: ignore[untyped-decorator]
def _pool(  # type: ignore[no-untyped-def]
    x, result, places, total, channels, height, width, rows, columns,
    SIZE: tl.constexpr, STRIDE: tl.constexpr, PADDING: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    number = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = number < total
    channel, cell = number % channels, number // channels
    column, row, picture = cell % columns, (cell // columns) % rows, cell // (columns * rows)
    largest = tl.full([BLOCK], float("-inf"), tl.float32)
    place = tl.full([BLOCK], 0, tl.int32)
    for down in tl.static_range(SIZE):
        for right in tl.static_range(SIZE):
            y, z = row * STRIDE - PADDING + down, column * STRIDE - PADDING + right
            there = inside & (y >= 0) & (y < height) & (z >= 0) & (z < width)
            address = ((picture * height + y) * width + z) * channels + channel
            value = tl.load(x + address, mask=there, other=float("-inf")).to(tl.float32)
            larger = (value > largest) | (value != value)
            largest = tl.where(larger, value, largest)
            place = tl.where(larger, down * SIZE + right, place)
    tl.store(result + number, largest.to(result.dtype.element_ty), mask=inside)
    tl.store(places + number, place.to(tl.uint8), mask=inside)


@triton.jit  # type: ignore[untyped-decorator]
def _unpool(  # type: ignore[no-untyped-def]
    gradient, places, result, total, channels,
    height, width, rows, columns,
    SIZE: tl.constexpr, STRIDE: tl.constexpr, PADDING: tl.constexpr, WINDOWS: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    number = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = number < total
    channel, pixel = number % channels, number // channels
    z, y, picture = pixel % width, (pixel // width) % height, pixel // (width * height)
    added = tl.zeros([BLOCK], tl.float32)
    for up in tl.static_range(WINDOWS):
        for left in tl.static_range(WINDOWS):
            row, column = (y + PADDING) // STRIDE - up, (z + PADDING) // STRIDE - left
            down, right = y + PADDING - row * STRIDE, z + PADDING - column * STRIDE
            there = inside & (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
            there = there & (down < SIZE) & (right < SIZE)
            address = ((picture * rows + row) * columns + column) * channels + channel
            place = tl.load(places + address, mask=there, other=0).to(tl.int32)
            chosen = there & (place == down * SIZE + right)
            added += tl.load(gradient + address, mask=chosen, other=0.0).to(tl.float32)
    tl.store(result + number, added.to(result.dtype.element_ty), mask=inside)


def pooled(x: Tensor, size: int, stride: int, padding: int, ceil: bool) -> tuple[Tensor, Tensor]:
    """The maxima of (B, C, H, W), channels-last, and each one's place in its window, a byte, row by row."""
    height, width = (_count(length, size, stride, padding, ceil) for length in x.shape[2:])
    result = torch.empty(
        (x.shape[0], x.shape[1], height, width), dtype=x.dtype, device=x.device, memory_format=torch.channels_last
    )
    places = torch.empty_like(result, dtype=torch.uint8)
    # Triton launches on the current device, whichever holds the tensors.
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        _pool[(triton.cdiv(result.numel(), BLOCK),)](
            x, result, places, result.numel(), x.shape[1], *x.shape[2:], height, width, size, stride, padding, BLOCK
        )
    return result, places


def unpooled(gradient: Tensor, places: Tensor, size: int, stride: int, padding: int, given: torch.Size) -> Tensor:
    """The gradient by the input, whose height and width are `given`, for one by what `pooled` returned."""
    result = torch.empty(
        (*gradient.shape[:2], *given), dtype=gradient.dtype, device=gradient.device, memory_format=torch.channels_last
    )
    with torch.cuda.device_of(gradient):  # type: ignore[no-untyped-call]
        _unpool[(triton.cdiv(result.numel(), BLOCK),)](
            gradient, places, result, result.numel(), gradient.shape[1], *given, *gradient.shape[2:],
            size, stride, padding, triton.cdiv(size, stride), BLOCK,
        )  # fmt: skip
    return result


def _count(length: int, size: int, stride: int, padding: int, ceil: bool) -> int:
    """How many windows an axis has, as torch counts them: none begins in the padding behind the end."""
    spare = length + 2 * padding - size
    count = -(-spare // stride) + 1 if ceil else spare // stride + 1
    return count - 1 if ceil and (count - 1) * stride >= length + padding else count
