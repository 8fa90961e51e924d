"""Pretrained networks: found by name, verified, cut and made ready to dream.

Names are loaded when they are first used: completing a layer's name must not wait for torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dreamer.networks.catalogue import network_names
    from dreamer.networks.cutting import LOGITS, Cut, LayerShape
    from dreamer.networks.network import Network, layer_table, load_network

_HOMES = {
    "LOGITS": "cutting",
    "Cut": "cutting",
    "LayerShape": "cutting",
    "Network": "network",
    "layer_table": "network",
    "load_network": "network",
    "network_names": "catalogue",
}

__all__ = ["LOGITS", "Cut", "LayerShape", "Network", "layer_table", "load_network", "network_names"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'dreamer.networks' has no attribute {name!r}")
    return getattr(importlib.import_module(f"dreamer.networks.{_HOMES[name]}"), name)
