from .catalog import network_names
from .cut import LOGITS, Cut, LayerShape
from .network import Network, layer_table, load_network

__all__ = ["LOGITS", "Cut", "LayerShape", "Network", "layer_table", "load_network", "network_names"]
