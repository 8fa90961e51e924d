"""Color profiles to plain sRGB. Imports no torch."""

from __future__ import annotations

import io
import re

from PIL import Image, ImageCms

from dreamer.pictures.icc import MatrixProfile, primaries_of

_GRAY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "F")
# The modes of Pillow that pictures are opened in, by the color space of the profiles that fit them.
_MODES_OF_SPACE = {
    "RGB": ("RGB", "RGBA", "RGBX", "P", "PA", *_GRAY_MODES),
    "GRAY": _GRAY_MODES,
    "CMYK": ("CMYK",),
    "Lab": ("LAB",),
}
_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def to_srgb(image: Image.Image) -> Image.Image:
    """An 8-bit image of any mode as mode RGB in sRGB; alpha is left out.

    The embedded profile is applied with relative colorimetric intent and black point compensation. A profile that is
    missing, broken, or made for another kind of color is ignored: the values are taken as sRGB, or as plain CMYK.
    """
    base = without_alpha(image)
    profile = _profile(image, base.mode)
    if profile is None:
        return base.convert("RGB")
    mode = _MODE_OF_SPACE.get(profile.profile.xcolor_space.strip())
    if mode == "RGB" and base.mode == "L":
        base = base.convert("RGB")
    if mode != base.mode:
        return base.convert("RGB")
    try:
        converted = ImageCms.profileToProfile(
            base,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except ImageCms.PyCMSError:
        converted = None
    return converted or base.convert("RGB")


def without_alpha(image: Image.Image) -> Image.Image:
    """An 8-bit image as L, RGB, CMYK or LAB, whatever its mode."""
    if image.mode in ("L", "LA", "La"):
        return image.convert("LA").convert("L") if image.mode == "La" else image.convert("L")
    if image.mode in ("RGB", "CMYK", "LAB"):
        return image
    # By way of RGBA, since Pillow warns of lost transparency where a palette goes straight to RGB.
    return image.convert("RGBA").convert("RGB")


def has_profile(image: Image.Image) -> bool:
    """Whether there is a profile that has to be applied: one other than sRGB."""
    return _profile(image, "RGB") is not None


def profile_primaries(image: Image.Image) -> MatrixProfile | None:
    """The profile of a picture in RGB, where it has another than sRGB that pictures can be brought back to."""
    if image.mode not in ("RGB", "RGBA", "RGBX", "P", "PA") or not has_profile(image):
        return None
    return primaries_of(image.info["icc_profile"])


def profile_fault(image: Image.Image) -> str:
    """Why the profile of a picture cannot be applied, for people; empty where it can, or where there is none."""
    embedded = image.info.get("icc_profile")
    if not embedded:
        return ""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded)).profile
    except (OSError, ImageCms.PyCMSError):
        return f"its color profile {_name_in(embedded)} cannot be read; sRGB is assumed"
    space = profile.xcolor_space.strip()
    if image.mode in _MODES_OF_SPACE.get(space, ()):
        return ""
    name = (profile.profile_description or "").strip() or _name_in(embedded)
    return f"its color profile {name!r} is for {space!r}, not for {image.mode}; sRGB is assumed"


def _name_in(profile: bytes) -> str:
    """A profile that is damaged, by the name that can still be found in it, or by its size."""
    found = re.search(rb"desc\0{4}.{4}([\x20-\x7e]{3,80})", profile, re.DOTALL)
    return repr(found[1].decode()) if found else f"of {len(profile)} bytes"


def _profile(image: Image.Image, mode: str) -> ImageCms.ImageCmsProfile | None:
    """The profile to apply, or None where values are sRGB already, or must be taken as sRGB."""
    embedded = image.info.get("icc_profile")
    if not embedded:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")) if mode == "LAB" else None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        # Converting sRGB to sRGB would still move values by a rounding, and outputs must read back as written.
        return None if (profile.profile.profile_description or "").startswith("sRGB") else profile
    except (OSError, ImageCms.PyCMSError):
        return None
