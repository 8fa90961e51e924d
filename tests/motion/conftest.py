"""The network and the photo of small films."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.tiny import TinyNetwork


@pytest.fixture
def network() -> TinyNetwork:
    return TinyNetwork()


@pytest.fixture
def photo() -> Tensor:
    noise = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(5))
    return torch.nn.functional.interpolate(noise, size=(48, 64), mode="bicubic").clamp(0, 1)
