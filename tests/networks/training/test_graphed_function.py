"""Graphs of a training step exist on CUDA alone; that a run with them goes on as one without a break is tested by
`pytest --device cuda tests/networks/training/test_loop.py`."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from dreamer.networks.training.graphed_function import PLAIN_CALLS, GraphedFunction


@pytest.mark.gpu
def test_a_replay_gives_what_the_function_gives_and_adds_to_the_same_gradients() -> None:
    device = torch.device("cuda")
    layer = nn.Linear(5, 3, device=device)

    def backward(x: Tensor, factor: Tensor) -> Tensor:
        loss = (layer(x).square() * factor).mean()
        loss.backward()
        return loss.detach()

    graphed = GraphedFunction(backward, device)
    generator = torch.Generator().manual_seed(0)
    for call in range(2 * PLAIN_CALLS + 3):
        rows = 4 if call % 3 else 7
        x = torch.rand(rows, 5, generator=generator).to(device)
        factor = torch.rand(rows, 1, generator=generator).to(device)
        layer.zero_grad(set_to_none=False)
        expected = float(backward(x, factor))
        gradient = layer.weight.grad.clone()
        layer.zero_grad(set_to_none=False)
        assert float(graphed(x, factor)) == pytest.approx(expected, rel=1e-5)
        torch.testing.assert_close(layer.weight.grad, gradient)
