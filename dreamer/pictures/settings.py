"""How a picture's file is made: what it takes over from the photo's file, and how it is packed. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dreamer.presets.model.fields import Table, described

Level = Literal["safe", "all", "none"]
Quality = Annotated[int, Field(ge=1, le=100)]
QUALITY = 95
"""Where nothing else says, of JPEG and WebP."""

# What a format can hold or be told; no format can be told more.
_RELEVANT: dict[str, tuple[str, ...]] = {
    "PNG": ("metadata", "profile", "depth"),
    "TIFF": ("metadata", "profile", "depth"),
    "JPEG": ("metadata", "profile", "quality", "subsampling", "progressive"),
    "WEBP": ("metadata", "profile", "quality"),
    "EXR": ("metadata",),
}


class FileSettings(Table):
    """How a picture's file is made."""

    metadata: Level = described(
        "safe", "what is kept of the photo's EXIF, IPTC and XMP; safe leaves out place, serial numbers and owners"
    )
    keep_dates: bool = described(False, "give the output the photo's own date of modification")
    profile: Literal["source", "srgb"] = described("source", "color profile: the photo's own, or sRGB")
    depth: Literal["source", 8, 16] = described("source", "bits a channel where the format has the choice")
    quality: Quality | None = described(
        None,
        "of JPEG and WebP; left out: a JPEG photo's own, estimated from its quantization tables, for JPEG; else 95",
    )
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = described("4:4:4", "how fine a JPEG stores color")
    progressive: bool = described(False, "whether a JPEG is stored from coarse to fine")

    def identity(self, form: str) -> dict[str, Any]:
        """The settings that are not the default, and that change the bytes of a file of this format."""
        given = self.model_dump(mode="json", exclude_defaults=True)
        return {key: given[key] for key in _RELEVANT[form] if key in given}


DEFAULT_SETTINGS = FileSettings()
