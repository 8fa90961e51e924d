"""Drawings to picture files."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from dreamer.atomic import atomic_write
from dreamer.errors import OutputError
from dreamer.pictures.names import output_format


def save_drawing(image: Image.Image, path: Path) -> None:
    """Write a drawing in the format of its suffix, whole or not at all; folders on the way to `path` are made.

    Raises OutputError for other suffixes, for an image too large for the format, and where it cannot be written.
    """
    form = output_format(path)
    with atomic_write(path) as file:
        try:
            image.save(file, form)
        except ValueError as error:
            raise OutputError(f"cannot be written as {form}: {error}", where=str(path)) from error
