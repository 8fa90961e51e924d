from __future__ import annotations

import pytest
import torch

from dreamer.errors import TrainingError
from dreamer.networks.training import Photographs, evaluate
from tests.on_device import DEVICE


def test_accuracy_is_that_of_the_held_out_photographs(photographs: Photographs) -> None:
    class Bright(torch.nn.Module):
        """Says 1 where a picture is brighter than mid-gray."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            light = x.mean((1, 2, 3))
            return torch.stack([-light, light], 1)

    shades = torch.tensor([250, 240, 10, 20, 230], dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 36, 36)
    labels, held_out = torch.tensor([1, 1, 0, 0, 0]), torch.tensor([True, True, True, False, True])
    # Photographs wait for training on the CPU.
    shades, labels, held_out = shades.cpu(), labels.cpu(), held_out.cpu()
    found = evaluate(Bright(), Photographs(shades, labels, ("dark", "light"), held_out), 32, DEVICE)
    assert (found.clean, found.whole) == (0.75, 0.75)
    assert found.per_class == {"dark": 0.5, "light": 1.0}
    with pytest.raises(TrainingError, match="none of the 5 photographs"):
        evaluate(Bright(), Photographs(shades, labels, ("dark", "light"), torch.zeros_like(held_out)), 32, DEVICE)
