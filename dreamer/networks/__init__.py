"""Pretrained networks: found by name, verified, cut and made ready to dream."""

from __future__ import annotations

from dreamer.networks.catalogue import network_names
from dreamer.networks.cutting import LOGITS, Cut, LayerShape
from dreamer.networks.network import Network, layer_table, load_network

__all__ = ["LOGITS", "Cut", "LayerShape", "Network", "layer_table", "load_network", "network_names"]
