from __future__ import annotations

import torch
from torch import Tensor

from dreamer.finding.separation import evened, separated
from dreamer.finding.superpixels import superpixels
from tests.finding.silhouettes import overlap


def test_rough_evidence_becomes_the_thing(ball: tuple[Tensor, Tensor]) -> None:
    image, inside = ball
    patches = superpixels(image)
    # Somewhere on the ball, and too wide.
    rough = torch.exp(-((patches.places - torch.tensor([0.42, 0.5])) ** 2).sum(1) / 0.05)
    found = separated(patches, rough)[patches.labels] > 0.5
    assert overlap(found, inside) > 0.95


def test_parts_that_are_small_beside_the_largest_are_left_out(ball: tuple[Tensor, Tensor]) -> None:
    image, inside = ball
    image = image.clone()
    image[..., 8:16, 40:48] = image[..., 56:64, 86:94]
    patches = superpixels(image)
    found = separated(patches, patches.pooled(1.0 * (image[0, :1] > 0.5))[:, 0])[patches.labels]
    assert float(found[8:16, 40:48].max()) < 0.1
    assert overlap(found > 0.5, inside) > 0.95


def test_one_small_patch_does_not_set_the_scale() -> None:
    values, areas = torch.arange(101.0), torch.full((101,), 100.0)
    values[100], areas[100] = 1e6, 1.0
    spread = evened(values, areas)
    assert spread[0] == 0
    assert spread[50] > 0.45
    assert spread[100] == 1
