from __future__ import annotations

import pytest
import torch

from dreamer.inspection.figures import draw_kernels
from dreamer.inspection.kernels import Kernels

SCREEN = (1600, 1060)


def kernels(*shape: int, expanded: bool = False) -> Kernels:
    """On the CPU, where kernels to draw always are."""
    weights = torch.randn(shape, generator=torch.Generator().manual_seed(1), device="cpu")
    return Kernels("conv5", shape, weights.sigmoid() if expanded else weights, expanded)


@pytest.mark.parametrize(("shape", "channels", "pages"), [
    ((512, 512, 3, 3), 1, 1),
    ((512, 512, 3, 3), 16, 6),
    ((24, 512, 3, 3), 512, 2),
    ((64, 3, 7, 7), 16, 1),
    ((16, 8, 1, 7), 16, 1),
])  # fmt: skip
@pytest.mark.slow
def test_every_page_fits_a_screen(shape: tuple[int, ...], channels: int, pages: int) -> None:
    drawn = draw_kernels(kernels(*shape), "net", channels=channels)
    assert len(drawn) == pages
    assert all(page.width <= SCREEN[0] and page.height <= SCREEN[1] for page in drawn)


def test_templates_are_drawn_as_they_are() -> None:
    (page,) = draw_kernels(kernels(4, 3, 20, 20, expanded=True), "net")
    assert page.width == 3 * (112 + 8) + 8


def test_slices_are_blue_below_zero_and_red_above() -> None:
    weights = torch.zeros(1, 4, 2, 2, device="cpu")
    weights[0, 0], weights[0, 3] = -1.0, 1.0
    (page,) = draw_kernels(Kernels("conv2", (1, 4, 2, 2), weights, expanded=False), "net")
    top, left = 8 + 32, 8
    step = 2 * 12 + 2
    assert page.getpixel((left + 4, top + 4)) == (59, 76, 192)
    assert page.getpixel((left + step + 4, top + 4)) == (221, 221, 221)
    assert page.getpixel((left + step + 4, top + step + 4)) == (180, 4, 38)
