from __future__ import annotations

import torch
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.finding.edges import along_edges
from tests.finding.silhouettes import overlap


def test_a_rough_area_takes_the_edges_of_a_larger_photo(ball: tuple[Tensor, Tensor]) -> None:
    image, inside = ball
    rough = resized(inside.float().view(1, 1, 120, 160), 30, 40).clamp(0, 1)
    fine = along_edges(rough, image)
    plain = resized(rough, 120, 160)
    assert fine.shape == (1, 1, 120, 160)
    assert overlap(fine[0, 0] > 0.5, inside) > overlap(plain[0, 0] > 0.5, inside)
    assert float((fine[0, 0] - inside.float()).abs().mean()) < 0.7 * float((plain[0, 0] - inside.float()).abs().mean())


def test_an_even_photo_changes_nothing_far_from_the_edge() -> None:
    rough = torch.zeros(1, 1, 40, 40)
    rough[..., 20:] = 1
    fine = along_edges(rough, torch.full((1, 3, 80, 80), 0.5))
    assert float(fine[..., :20].max()) < 0.01
    assert float(fine[..., 60:].min()) > 0.99
