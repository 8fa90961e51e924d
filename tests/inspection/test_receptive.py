"""Boxes against the pixels that really have a gradient."""

from __future__ import annotations

import pytest
import torch

from dreamer.networks import load_network
from dreamer.networks.receptive import receptive_field
from dreamer.presets.model.schema import NetworkChoice
from tests.on_device import DEVICE, within


def _identity(x: torch.Tensor) -> torch.Tensor:
    return x * 1.0


@pytest.mark.parametrize("name, layer", [
    ("pocket", "conv1"), ("pocket", "maxpool2"), ("pocket", "inception3b"), ("pocket", "inception4a"),
    ("vgg11", "features.10"), ("resnet18", "layer2"), ("alexnet", "features.6"), ("squeezenet1_1", "features.6"),
    ("inception_v3", "Mixed_5b"), ("densenet121", "features.denseblock1"),
])  # fmt: skip
@pytest.mark.slow
def test_boxes_are_where_the_gradient_is(name: str, layer: str) -> None:
    weights = "default" if name == "pocket" else "random"
    network = load_network(NetworkChoice(name=name, weights=weights), device=str(DEVICE), precision="float32")
    cut = network.cut([layer], _identity)
    field = receptive_field(cut, layer)
    side = 200
    for row_share in (0.1, 0.5, 0.9):
        seen = torch.zeros(side, side, dtype=torch.bool)
        for seed in range(6):  # max pooling lets back to one pixel of its window only
            image = torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(seed)).requires_grad_(True)
            activation = cut(image)[layer]
            row, column = int(row_share * activation.shape[2]), activation.shape[3] // 2
            (gradient,) = torch.autograd.grad(activation[0, :, row, column].sum(), image)
            # A GPU's convolutions by Fourier or Winograd transforms leave the rounding where there is nothing.
            seen |= (gradient[0].abs() > within(0.0, 1e-4) * gradient.abs().max()).any(0)
        top, left, bottom, right = field.box(row, column, side, side)
        assert (
            not seen[:top].any() and not seen[bottom:].any() and not seen[:, :left].any() and not seen[:, right:].any()
        )
        rows, columns = seen.any(1).nonzero()[:, 0], seen.any(0).nonzero()[:, 0]
        slack = 2 * field.jump[0]
        assert rows[0] - top <= slack and bottom - 1 - rows[-1] <= slack
        assert columns[0] - left <= slack and right - 1 - columns[-1] <= slack
