from .cut import LOGITS, Cut, LayerShape
from .names import network_names
from .network import Network, layer_table, load_network

__all__ = ["LOGITS", "Cut", "LayerShape", "Network", "layer_table", "load_network", "network_names"]
