from __future__ import annotations

import torch

from dreamer.networks.pocket import antialiased_pool, pool


def test_an_antialiased_pool_changes_less_when_the_picture_shifts_by_a_pixel() -> None:
    points = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)) ** 8
    anti, plain = (
        float((halved(points) - halved(points.roll(1, 3)))[..., 4:-4, 4:-4].std() / halved(points).std())
        for halved in (antialiased_pool(), pool(3))
    )
    assert anti < 0.75 * plain
