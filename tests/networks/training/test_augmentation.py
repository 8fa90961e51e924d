from __future__ import annotations

import torch

from dreamer.networks.training.augmentation import random_views


def test_random_views_keep_range_and_size() -> None:
    pixels = torch.randint(0, 256, (6, 3, 36, 36), dtype=torch.uint8)
    views = random_views(pixels, 32, torch.Generator().manual_seed(0))
    assert views.shape == (6, 3, 32, 32) and views.min() >= 0 and views.max() <= 1
