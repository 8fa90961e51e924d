from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.inspection.choices import deepest_layer, spread_layers, strongest_on, strongest_over
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice
from tests.on_device import DEVICE


@pytest.mark.parametrize("name", ["pocket", "resnet18", "vgg11", "densenet121"])
@pytest.mark.parametrize("size", [(96, 128), (320, 320)])
@pytest.mark.slow
def test_the_deepest_layer_still_has_a_map(name: str, size: tuple[int, int]) -> None:
    weights = "default" if name == "pocket" else "random"
    network = load_network(NetworkChoice(name=name, weights=weights), device=str(DEVICE), precision="float32")
    sides = {shape.name: min(shape.height, shape.width) for shape in network.describe(*size)}
    deepest = deepest_layer(network, size)
    assert sides[deepest] >= 4
    spread = spread_layers(network, size)
    order = [network.layers.index(layer) for layer in spread]
    assert len(spread) == 3 and spread[-1] == deepest and order == sorted(order)


def test_a_picture_too_small_for_any_map_has_a_layer_all_the_same(pocket: Network) -> None:
    assert deepest_layer(pocket, (32, 32)) in pocket.layers
    assert len(spread_layers(pocket, (32, 32))) >= 1


def test_the_strongest_kernels_have_the_highest_peaks(pocket: Network, photo: Tensor) -> None:
    photos = [photo, photo[:, :, :64, :80], photo.flip(2)]
    with torch.no_grad():
        peaks = torch.stack([pocket.cut(["inception3b"])(each)["inception3b"][0].amax((1, 2)) for each in photos])
    assert strongest_on(pocket, photo, "inception3b", 3) == peaks[0].topk(3).indices.tolist()
    assert strongest_over(pocket, photos, "inception3b", 5) == peaks.mean(0).topk(5).indices.tolist()
    assert len(strongest_on(pocket, photo, "conv1", 4000)) == 32
    with pytest.raises(TargetError, match="inception4c"):
        strongest_on(pocket, photo, "inception4x", 3)
