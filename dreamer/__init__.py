"""DeepDream over photos, in batches, and a look inside the networks.

    from dreamer import dream

    dream("photo.jpg", "deep-dream", size=1024).save("dream.png")

The names below are loaded when they are first used, so that importing `dreamer` does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from dreamer.api import animate, dream
    from dreamer.errors import DreamerError
    from dreamer.jobs.stills import Still
    from dreamer.networks import Network, load_network
    from dreamer.pictures import Picture, read_picture, write_picture
    from dreamer.presets import Preset, load_preset

_HOMES = {
    "animate": "dreamer.api",
    "dream": "dreamer.api",
    "DreamerError": "dreamer.errors",
    "Still": "dreamer.jobs.stills",
    "Network": "dreamer.networks",
    "load_network": "dreamer.networks",
    "Picture": "dreamer.pictures",
    "read_picture": "dreamer.pictures",
    "write_picture": "dreamer.pictures",
    "Preset": "dreamer.presets",
    "load_preset": "dreamer.presets",
}

__all__ = [
    "DreamerError",
    "Network",
    "Picture",
    "Preset",
    "Still",
    "__version__",
    "animate",
    "dream",
    "load_network",
    "load_preset",
    "read_picture",
    "write_picture",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'dreamer' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
