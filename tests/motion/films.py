"""Small films and clips for tests of motion."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dreamer.motion.frames import FrameLoop
from dreamer.presets import Preset
from tests.tiny import TinyNetwork

BYTE = 1 / 255


def film(animation: dict[str, Any], **keys: Any) -> Preset:
    tree = {
        "targets": [{"layer": "conv2"}],
        "octaves": {"count": 2, "steps": 2, "scale": 1.3},
        "ascent": {"jitter": 4, "step_size": 0.01},
        "animation": {"fps": 10, "length": "12f", **animation},
        **keys,
    }
    return Preset.model_validate(tree)


def rendered(preset: Preset, network: TinyNetwork, photo: Tensor | None) -> list[Tensor]:
    """The frames as they are stored: rounded to bytes."""
    frames: list[Tensor] = []
    loop = FrameLoop(preset, network, photo, earlier=lambda number: frames[number])
    for frame in loop.frames():
        assert frame.number == len(frames)
        frames.append((frame.picture / BYTE).round() * BYTE)
    return frames


def change(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().mean())


def clip(count: int = 6) -> list[Tensor]:
    """A textured square that moves over a still ground, 72 x 96."""
    noise = torch.rand(1, 3, 72, 140, generator=torch.Generator().manual_seed(1))
    ground = torch.nn.functional.avg_pool2d(noise, 5, 1, 2)
    frames = []
    for number in range(count):
        frame = ground[..., :96].clone()
        frame[..., 20:50, 10 + 3 * number : 45 + 3 * number] = 1 - ground[..., 20:50, 100:135]
        frames.append(frame)
    return frames
