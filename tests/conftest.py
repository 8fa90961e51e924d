from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def photos() -> Path:
    folder = ROOT.parent / "shared" / "photos"
    if not folder.is_dir():
        pytest.skip("no folder of sample photographs beside the project")
    return folder


@pytest.fixture(scope="session")
def shipped_picture() -> Tensor:
    """inputs/sky.jpg at 240 x 160, (1, 3, 160, 240)."""
    from dreamer.dreaming.filters import resized
    from dreamer.pictures import read_picture

    return resized(read_picture(ROOT / "inputs" / "sky.jpg").pixels.unsqueeze(0), 160, 240).clamp(0, 1)
