from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.presets import Preset
from tests.tiny import TinyNetwork


@pytest.fixture
def network() -> TinyNetwork:
    return TinyNetwork()


@pytest.fixture
def photo() -> Tensor:
    """A smooth (1, 3, 48, 64) picture with a little grain."""
    rows, columns = torch.linspace(0, 3, 48).view(-1, 1), torch.linspace(0, 4, 64).view(1, -1)
    waves = torch.stack([torch.sin(rows + i) * torch.cos(columns * (i + 1)) for i in range(3)])
    grain = torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(0))
    return (0.5 + 0.25 * waves + 0.1 * (grain - 0.5)).clamp(0, 1).unsqueeze(0)


_SCHARR = torch.tensor([[3.0, 0.0, -3.0], [10.0, 0.0, -10.0], [3.0, 0.0, -3.0]]) / 16


def scharr(image: Tensor) -> Tensor:
    """Edges of (B, C, H, W) by the plain convolution: (B * C, 2, H, W), horizontal and vertical."""
    planes = F.pad(image.flatten(0, 1).unsqueeze(1), (1, 1, 1, 1), mode="replicate")
    return F.conv2d(planes, torch.stack([_SCHARR, _SCHARR.t()]).unsqueeze(1).to(image))


def preset(*targets: dict[str, object], **settings: object) -> Preset:
    """A small, quick preset; tables of `settings` are laid over it."""
    tree: dict[str, object] = {
        "targets": list(targets) or [{"layer": "conv2"}],
        "octaves": {"count": 2, "scale": 1.4, "steps": 4},
        "ascent": {"jitter": 4, "step_size": 0.02},
    }
    for key, value in settings.items():
        base = tree.get(key, {})
        tree[key] = {**base, **value} if isinstance(value, dict) and isinstance(base, dict) else value
    return Preset.model_validate(tree)
