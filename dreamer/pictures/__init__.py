"""Files to tensors and back: pictures in and out, the recipe inside them, and pictures in folders.

Names are loaded when they are first used: finding pictures and reading recipes must not wait for torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dreamer.pictures.names import READABLE, find_pictures, is_picture_name
    from dreamer.pictures.read import Picture, read_picture
    from dreamer.pictures.recipes import read_recipe
    from dreamer.pictures.write import WRITABLE, output_format, write_picture

_HOMES = {
    "READABLE": "names",
    "WRITABLE": "write",
    "Picture": "read",
    "find_pictures": "names",
    "is_picture_name": "names",
    "output_format": "write",
    "read_picture": "read",
    "read_recipe": "recipes",
    "write_picture": "write",
}

__all__ = [
    "READABLE",
    "WRITABLE",
    "Picture",
    "find_pictures",
    "is_picture_name",
    "output_format",
    "read_picture",
    "read_recipe",
    "write_picture",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'dreamer.pictures' has no attribute {name!r}")
    return getattr(importlib.import_module(f"dreamer.pictures.{_HOMES[name]}"), name)
