"""Files to tensors and back: pictures in and out, the recipe inside them, noise, and pictures in folders."""

from __future__ import annotations

from dreamer.pictures.finding import READABLE, find_pictures, is_picture_name
from dreamer.pictures.noise import NOISE_COLORS, noise_picture
from dreamer.pictures.reading import Picture, read_picture
from dreamer.pictures.recipes import read_recipe
from dreamer.pictures.writing import WRITABLE, output_format, write_picture

__all__ = [
    "NOISE_COLORS",
    "READABLE",
    "WRITABLE",
    "Picture",
    "find_pictures",
    "is_picture_name",
    "noise_picture",
    "output_format",
    "read_picture",
    "read_recipe",
    "write_picture",
]
