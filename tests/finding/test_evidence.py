from __future__ import annotations

import pytest
from torch import Tensor

from dreamer.finding.evidence import SIZES, evidence_maps, late_layers
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice


def test_late_layers_are_of_the_two_coarsest_sizes(pocket: Network) -> None:
    assert late_layers(pocket) == ["inception4c", "inception4e", "inception5a", "inception5b"]


@pytest.mark.parametrize("name", ["vgg11", "resnet18", "mobilenet_v3_small"])
def test_other_networks_have_late_layers_too(name: str) -> None:
    network = load_network(NetworkChoice(name=name, weights="random"), device="cpu")
    layers = late_layers(network)
    heights = {shape.name: shape.height for shape in network.describe(256, 256)}
    assert 2 <= len(layers) <= 4
    assert {heights[layer] for layer in layers} <= {16, 8, 7}


def test_maps_are_not_negative_and_depend_on_the_class(pocket: Network, shipped_picture: Tensor) -> None:
    maps = evidence_maps(pocket, shipped_picture)
    assert len(maps) == 4 * len(SIZES)
    assert all(float(heat.min()) >= 0 < float(heat.max()) for heat in maps)
    of_class = evidence_maps(pocket, shipped_picture, [3])
    assert any(not (one / one.max()).allclose(other / other.max()) for one, other in zip(maps, of_class, strict=True))
