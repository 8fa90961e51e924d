from __future__ import annotations

import pytest
import torch

from dreamer.errors import TargetError
from dreamer.inspection.kernels import convolution, layer_kernels, scaled_weights, templates
from dreamer.networks import Network


def test_filters_are_scaled_each_by_its_own_largest() -> None:
    weights = torch.tensor([[[[0.5]], [[-1.0]], [[0.0]]], [[[0.02]], [[0.01]], [[0.0]]]])
    assert scaled_weights(weights).flatten().tolist() == pytest.approx([0.75, 0.0, 0.5, 1.0, 0.75, 0.5])


def test_convolutions_are_found_by_block_and_the_first_by_default(pocket: Network) -> None:
    assert convolution(pocket, None)[0] == "conv1.conv"
    name, module = convolution(pocket, "inception3a")
    assert name.startswith("inception3a.") and module.weight.ndim == 4
    with pytest.raises(TargetError, match="no convolution 'conv9'"):
        convolution(pocket, "conv9")


def test_a_template_of_the_first_layer_is_its_filter(pocket: Network) -> None:
    drawn = templates(pocket, "conv1", [4, 5]).cpu()
    filters = scaled_weights(pocket.module.get_submodule("conv1.conv").weight.detach()[4:6])
    scale = (pocket.normalized(torch.ones(1, 3, 1, 1)) - pocket.normalized(torch.zeros(1, 3, 1, 1))).cpu()
    colored = scaled_weights((filters - 0.5) * scale)
    gains = pocket.module.get_submodule("conv1.bn").weight[4:6]
    assert drawn.shape == colored.shape
    for own, expected, gain in zip(drawn, colored, gains, strict=True):
        signed = expected if gain > 0 else 1 - expected
        assert float((own - signed).abs().max()) < 0.02


def test_kernels_are_drawn_as_weights_or_expanded(pocket: Network) -> None:
    first = layer_kernels(pocket, count=5)
    assert first.layer == "conv1.conv" and first.weights.shape[0] == 5 and first.shape[1] == 3 and not first.expanded
    expanded = layer_kernels(pocket, "conv3", 2, expand=True)
    assert expanded.expanded and expanded.shape == tuple(expanded.weights.shape) and expanded.shape[:2] == (2, 3)
