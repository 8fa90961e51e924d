"""The names of networks: those that ship, and every convolutional classifier of torchvision. Imports no torch."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

from dreamer.errors import NetworkError, did_you_mean
from dreamer.presets.source.lookup import is_path

POCKET = "pocket"
SHIPPED = (POCKET, "pocket-bold", "pocket-fine")
SUFFIX = ".safetensors"
_REGISTERED = re.compile(r"@register_model\(.*?\)\n(?:@.*\n)*def (\w+)", re.MULTILINE)


@cache
def network_names() -> tuple[str, ...]:
    """Every name, in alphabetical order behind those that ship: what torchvision's sources register, read as text.

    Transformers, whose layers give no (B, C, H, W) maps, are left out: their modules define or import an attention.
    """
    spec = importlib.util.find_spec("torchvision")
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in (Path(folder) / "models").glob("*.py")]
    texts = [text for text in (file.read_text(encoding="utf-8") for file in files) if "Attention" not in text]
    return (*SHIPPED, *sorted(name for text in texts for name in _REGISTERED.findall(text)))


def require_known_network(name: str, *, where: str | None = None) -> None:
    """Raise NetworkError, at `where`, with the nearest names for a network that is not known and not a path."""
    if name not in network_names() and not is_path(name, SUFFIX):
        raise unknown_network(name, where=where)


def unknown_network(name: str, *, where: str | None = None) -> NetworkError:
    """The error for a name that no network has, with the nearest ones."""
    remedy = did_you_mean(name, network_names()) or "`dreamer networks` lists them."
    return NetworkError(f"there is no network {name!r}", where=where, remedy=remedy)
