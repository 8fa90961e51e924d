"""What is known of a picture's file beside its pixels, for the file of the dream. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from dreamer.pictures.jpeg import jpeg_quality
from dreamer.pictures.metadata import Metadata


@dataclass(frozen=True)
class Origin:
    """What a file holds. `profile`: one that pictures can be brought back to, or None for sRGB; `depth`: 8 or 16;
    `quality`: that of a JPEG, estimated, else None; `modified`: when the file was changed, in ns since 1970."""

    metadata: Metadata = field(default_factory=Metadata)
    profile: bytes | None = None
    depth: int = 8
    quality: int | None = None
    modified: int | None = None


def compression_of(image: Image.Image) -> int | None:
    """The estimated quality of a JPEG, None for other formats."""
    tables = getattr(image, "quantization", None)
    return jpeg_quality(tables) if isinstance(tables, dict) else None
