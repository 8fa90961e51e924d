from __future__ import annotations

import torch
from torch import Tensor

from dreamer.inspection.portraits import dream_each
from dreamer.networks import Network
from dreamer.presets import load_preset
from dreamer.presets.model.schema import Target


def test_dreams_of_a_batch_are_as_alone(pocket: Network, photo: Tensor) -> None:
    preset = load_preset("deep-dream", ["octaves.steps=1", "octaves.count=1", "canvas.size=64"])
    targets = [(Target.model_validate({"layer": "conv3", "kernels": kernel}),) for kernel in range(5)]
    dreams = dream_each(preset, pocket, photo, targets)
    assert len(dreams) == 5 and dreams[0].shape == (3, 48, 64)
    (alone,) = dream_each(preset, pocket, photo, targets[3:4])
    assert torch.allclose(dreams[3], alone, atol=1e-4)
