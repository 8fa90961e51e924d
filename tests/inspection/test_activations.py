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
        seen = pocket.cut(["inception4c"])(photo)["inception4c"][0].cpu()
    assert torch.allclose(maps[5].activation, seen[maps[5].kernel], atol=1e-5)
    assert maps[5].mean == pytest.approx(float(seen.mean((1, 2)).max()), rel=1e-4)


def test_maps_come_by_index_or_as_they_are_listed(pocket: Network, photo: Tensor) -> None:
    assert [each.kernel for each in feature_maps(pocket, photo, ["conv3"], 3, order="index")] == [0, 1, 2]
    listed = feature_maps(pocket, photo, ["conv3", "inception4c"], 1, kernels=[7, 2])
    assert [(each.layer, each.kernel) for each in listed] == [
        ("conv3", 7), ("conv3", 2), ("inception4c", 7), ("inception4c", 2),
    ]  # fmt: skip
    assert len(feature_maps(pocket, photo, ["conv3"])) == pocket.kernels("conv3")


def test_before_a_relu_values_keep_their_sign_and_a_peak_its_cell(pocket: Network, photo: Tensor) -> None:
    (before,) = feature_maps(pocket, photo, ["conv1.conv"], kernels=[5])
    assert float(before.activation.min()) < 0
    assert float(before.activation[before.cell]) == before.peak


@pytest.mark.parametrize(("layers", "kernels", "said"), [
    (["logits"], [], "no maps"),
    (["conv3"], [9999], "no kernel 9999"),
    (["conv9"], [], "conv"),
])  # fmt: skip
def test_what_is_not_there_is_told(
    pocket: Network, photo: Tensor, layers: list[str], kernels: list[int], said: str
) -> None:
    with pytest.raises(TargetError, match=said):
        feature_maps(pocket, photo, layers, kernels=kernels)


def test_all_units_of_a_fully_connected_layer_come_by_index(pocket: Network, photo: Tensor) -> None:
    units = feature_maps(pocket, photo, ["fc"], 4)
    assert [unit.kernel for unit in units] == list(range(len(pocket.classes)))
