from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from dreamer.networks import Network, load_network
from tests.conftest import ROOT


@pytest.fixture
def shared() -> Path:
    """The folder of sample photographs."""
    folder = ROOT.parent / "shared"
    if not (folder / "photos").is_dir() or not (folder / "pocket-data").is_dir():
        pytest.skip("no folder of sample photographs beside the project")
    return folder


@pytest.fixture(scope="session")
def pocket() -> Network:
    return load_network("pocket", device="cpu", precision="float32")


def disc(height: int, width: int, center: tuple[float, float], radius: float) -> Tensor:
    """(H, W) bool."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return ((y - center[0]) ** 2 + (x - center[1]) ** 2) < radius**2


@pytest.fixture
def ball() -> tuple[Tensor, Tensor]:
    """A red ball on a grainy green ground, (1, 3, 120, 160), and where it is, (120, 160) bool."""
    inside = disc(120, 160, (60, 90), 28)
    grain = 0.06 * torch.rand(1, 3, 120, 160, generator=torch.Generator().manual_seed(0))
    colors = torch.tensor([[0.2, 0.45, 0.2], [0.75, 0.15, 0.1]]).view(2, 3, 1, 1)
    return torch.where(inside, colors[1:], colors[:1]) + grain, inside
