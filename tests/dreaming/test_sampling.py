from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.sampling import _spread_in_integers, sampled, spread
from dreamer.dreaming.transforms import ViewTransform


@pytest.mark.parametrize("size, factor", [((17, 23), 1.0), ((23, 17), 0.4), ((9, 12), 3.0)])
@pytest.mark.parametrize("way", [spread, _spread_in_integers])
def test_the_way_back_is_that_of_autograd(
    way: Callable[[Tensor, Tensor], Tensor], size: tuple[int, int], factor: float
) -> None:
    generator = torch.Generator().manual_seed(2)
    image, given = (torch.randn(2, 3, *size, generator=generator) for _ in range(2))
    grid = (torch.rand(*size, 2, generator=generator) * 2 - 1) * factor
    leaf = image.cpu().requires_grad_(True)
    (expected,) = torch.autograd.grad(sampled(leaf, grid.cpu()), leaf, given.cpu())
    torch.testing.assert_close(way(given, grid).cpu(), expected, atol=1e-5, rtol=1e-5)


def test_nothing_is_spread_as_nothing() -> None:
    nothing = torch.zeros(1, 3, 4, 5)
    assert torch.equal(_spread_in_integers(nothing, torch.zeros(4, 5, 2)), nothing)


def test_it_gives_the_same_bits_each_time() -> None:
    given = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    view = ViewTransform(3, -5, 0.1, 1.05)
    first = view.pulled_back(given.clone())
    assert all(torch.equal(view.pulled_back(given.clone()), first) for _ in range(5))
