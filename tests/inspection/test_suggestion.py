from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.errors import TargetError, WeightsError
from dreamer.inspection.suggestion import suggest_kernels
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice
from tests.on_device import DEVICE


@pytest.mark.slow
def test_suggestions_are_what_this_photo_has_more_of(pocket: Network, photo: Tensor) -> None:
    result = suggest_kernels(pocket, photo, layers=["inception4c", "inception4e"], count=5, of_each_layer=4)
    assert len(result) == 5 and [each.excess for each in result] == sorted((e.excess for e in result), reverse=True)
    best = result[0]
    with torch.no_grad():
        strength = float(pocket.cut([best.layer])(photo)[best.layer][0, best.kernel].mean())
    known = pocket.description.layers[best.layer][best.kernel]
    assert strength > known.mean + 0.5 * known.std
    assert best.target.kernels == (best.kernel,)
    half = suggest_kernels(pocket, photo, region=(0.5, 0.0, 1.0, 1.0), layers=["inception4c"], count=4, of_each_layer=4)
    assert [each.kernel for each in half] != [each.kernel for each in result if each.layer == "inception4c"]
    with pytest.raises(TargetError, match="was not described"):
        suggest_kernels(pocket, photo, layers=["inception4z"])
    unknown = load_network(NetworkChoice(name="alexnet", weights="random"), device=str(DEVICE))
    with pytest.raises(WeightsError, match="nothing is known"):
        suggest_kernels(unknown, photo)
