from __future__ import annotations

import torch
from torch import Tensor

from dreamer.finding.superpixels import oklab, superpixels


def test_patches_keep_to_edges(ball: tuple[Tensor, Tensor]) -> None:
    image, inside = ball
    patches = superpixels(image, count=120)
    share = patches.pooled(inside.float().unsqueeze(0))[:, 0]
    mixed = (share > 0.1) & (share < 0.9)
    assert float(patches.areas[mixed].sum()) < 0.02 * inside.numel()
    assert 80 < len(patches) < 160
    assert float(patches.areas.sum()) == inside.numel()


def test_neighbors_and_the_border() -> None:
    columns = torch.tensor([0.1, 0.9]).repeat_interleave(20).expand(1, 3, 20, 40).contiguous()
    patches = superpixels(columns, count=2)
    assert len(patches) == 2
    assert patches.touching.tolist() == [[False, True], [True, False]]
    assert patches.border.tolist() == [58.0, 58.0]
    assert torch.allclose(patches.places, torch.tensor([[0.25, 0.25], [0.25, 0.75]]))


def test_gray_has_no_color_and_white_is_lightest() -> None:
    gray = oklab(torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3).expand(1, 3, 1, 3))
    assert torch.allclose(gray[0, 0, 0], torch.tensor([0.0, 59.82, 100.0]), atol=0.01)
    assert gray[0, 1:].abs().max() < 0.02
