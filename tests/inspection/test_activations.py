from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.inspection.activations import feature_maps
from dreamer.networks import Network


def test_feature_maps_come_strongest_first(pocket: Network, photo: Tensor) -> None:
    maps = feature_maps(pocket, photo, ["conv3", "inception4c"], 5)
    assert [each.layer for each in maps] == ["conv3"] * 5 + ["inception4c"] * 5
    means = [each.mean for each in maps[5:]]
    assert means == sorted(means, reverse=True)
    with torch.no_grad():
        seen = pocket.cut(["inception4c"])(photo)["inception4c"][0]
    assert torch.allclose(maps[5].activation, seen[maps[5].kernel], atol=1e-5)
    assert maps[5].mean == pytest.approx(float(seen.mean((1, 2)).max()), rel=1e-4)
    with pytest.raises(TargetError, match="no maps"):
        feature_maps(pocket, photo, ["logits"])
