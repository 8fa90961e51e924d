"""A tiny network that answers all that the engine asks of one."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from dreamer.errors import TargetError
from dreamer.presets.model.canvas import FLAT, Wraps
from tests.on_device import DEVICE

LAYERS = ("conv1", "pool1", "conv2", "logits")


class TinyCut:
    """Two convolutions and a classifier: everything that the engine asks of a network, in microseconds."""

    smallest, stride, bytes_per_pixel = 8, 2, 400.0

    def __init__(self, network: TinyNetwork, layers: Iterable[str], wraps: Wraps = FLAT) -> None:
        self.network, self.layers, self.wraps = network, tuple(layers), wraps

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        if image.shape[-1] * image.shape[-2] > self.network.memory:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        net, seen = self.network, {}
        seen["conv1"] = torch.relu(self.convolved(net.conv1, image - 0.5)) * net.loudness
        seen["pool1"] = nn.functional.max_pool2d(seen["conv1"] / net.loudness, 2)
        seen["conv2"] = torch.relu(self.convolved(net.conv2, seen["pool1"]))
        seen["logits"] = net.classify(seen["conv2"].mean((2, 3)))
        return {layer: seen[layer] for layer in self.layers}

    def convolved(self, conv: nn.Conv2d, image: Tensor) -> Tensor:
        if not any(self.wraps):
            return conv(image)  # type: ignore[no-any-return]
        rows, columns = ("circular" if wrap else "constant" for wrap in self.wraps)
        image = nn.functional.pad(nn.functional.pad(image, (1, 1, 0, 0), columns), (0, 0, 1, 1), rows)
        return nn.functional.conv2d(image, conv.weight, conv.bias)

    def repeated(self, image: Tensor) -> dict[str, Tensor]:
        return self(image)


class TinyNetwork:
    device = DEVICE
    layers = LAYERS
    classes = ("cat", "dog", "fox")

    def __init__(self, memory: int = 1 << 40, loudness: float = 1.0) -> None:
        generator = torch.Generator().manual_seed(1)
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.classify = nn.Linear(8, 3)
        for module in (self.conv1, self.conv2, self.classify):
            for parameter in module.parameters():
                parameter.data = (torch.randn(parameter.shape, generator=generator) * 0.4).to(DEVICE)
                parameter.requires_grad_(False)
        self.memory, self.loudness = memory, loudness

    def cut(self, layers: Iterable[str], *, wraps: Wraps = FLAT) -> TinyCut:
        layers = list(layers)
        if unknown := set(layers) - set(LAYERS):
            raise TargetError(f"there is no layer {unknown}")
        return TinyCut(self, layers, wraps)

    def depth(self, layer: str) -> int:
        if layer not in LAYERS:
            raise TargetError(f"there is no layer {layer!r}")
        return LAYERS.index(layer)

    def kernels(self, layer: str) -> int:
        return {"conv1": 6, "pool1": 6, "conv2": 8}[layer]

    def kernels_about(self, layer: str, words: str) -> list[int]:
        raise TargetError(f"no kernel of {layer} is about {words}")

    def class_index(self, wanted: int | str) -> int:
        if wanted not in self.classes:
            raise TargetError(f"there is no class {wanted!r}")
        return self.classes.index(str(wanted))
