"""The networks that can be named: pocket, and every convolutional classifier of torchvision's registry."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torchvision
from torch import nn

from dreamer.errors import NetworkError, did_you_mean

POCKET = "pocket"
SHIPPED = (POCKET, "pocket-fine")
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


@cache
def network_names() -> tuple[str, ...]:
    """Every name, in alphabetical order behind those that ship."""
    names = torchvision.models.list_models(module=torchvision.models)
    return (*SHIPPED, *(name for name in names if _is_convolutional(torchvision.models.get_model_builder(name))))


def find_entry(name: str) -> CatalogEntry:
    """The entry of a torchvision network. Raises NetworkError with the nearest names."""
    if name in SHIPPED or name not in network_names():
        remedy = did_you_mean(name, network_names()) or "`dreamer networks` lists them."
        raise NetworkError(f"there is no network {name!r}", remedy=remedy)
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


@cache
def _uses_attention(module_name: str) -> bool:
    """Whether a module of torchvision defines or imports an attention layer, as its transformers do."""
    return "Attention" in inspect.getsource(importlib.import_module(module_name))


def _is_convolutional(builder: Callable[..., nn.Module]) -> bool:
    return not _uses_attention(builder.__module__)
