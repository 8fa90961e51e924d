"""What torchvision says of each of its networks: how to build it, and where its weights are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torchvision
from torch import nn

from dreamer.networks.names import SHIPPED, network_names, unknown_network

# Their published weights were trained with auxiliary classifiers and on inputs in [-1, 1].
_OLD_INPUT = {"googlenet", "inception_v3"}


@dataclass(frozen=True)
class CatalogEntry:
    """A network of torchvision: how to build it, and where its default weights are.

    `digest` is the start of the file's SHA-256; `megabytes` its size; `mean` and `std` normalize [0, 1] pixels.
    """

    name: str
    url: str
    digest: str
    megabytes: float
    parameters: int
    input_side: int
    classes: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def file_name(self) -> str:
        """The weights' name in torch's cache."""
        return self.url.rsplit("/", 1)[-1]

    def build(self, classes: int = 1000) -> nn.Module:
        """The network with random weights."""
        builder = torchvision.models.get_model_builder(self.name)
        extra = {"transform_input": True, "aux_logits": True, "init_weights": False} if self.has_old_input else {}
        network: nn.Module = builder(weights=None, num_classes=classes, **extra)
        return network

    @property
    def has_old_input(self) -> bool:
        """Whether it is one of the two with auxiliary classifiers."""
        return self.name in _OLD_INPUT


def find_entry(name: str) -> CatalogEntry:
    """The entry of a torchvision network. Raises NetworkError with the nearest names."""
    if name in SHIPPED or name not in network_names():
        raise unknown_network(name)
    weights = torchvision.models.get_model_weights(name).DEFAULT
    transforms = weights.transforms()
    meta: dict[str, Any] = weights.meta
    digest = re.search(r"-([0-9a-f]{8,})\.", weights.url)
    return CatalogEntry(
        name,
        weights.url,
        digest[1] if digest else "",
        meta["_file_size"],
        meta["num_params"],
        transforms.crop_size[0],
        tuple(meta["categories"]),
        tuple(transforms.mean),
        tuple(transforms.std),
    )
