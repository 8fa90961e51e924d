from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.inspection.inversion import invert
from dreamer.networks import Network


def test_inversion_brings_the_features_close(pocket: Network, photo: Tensor) -> None:
    steps: list[int] = []
    result = invert(pocket, photo, "conv3", steps=60, on_step=steps.append)
    assert result.error < 0.25 * result.start_error and steps == list(range(1, 61))
    with torch.no_grad():
        wanted, got = (pocket.cut(["conv3"])(each)["conv3"] for each in (photo, result.picture))
    assert result.error == pytest.approx(float((got - wanted).square().sum() / wanted.square().sum()), rel=1e-3)
