"""Color profiles and bit depths to plain sRGB."""

from __future__ import annotations

import functools
import io
import struct

import numpy as np
import torch
from PIL import Image, ImageCms
from torch import Tensor

_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


@functools.cache
def srgb_profile() -> bytes:
    """The sRGB profile that is embedded in outputs, the same bytes at every call."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Bytes 24 to 36 of the header are the date of creation (ICC.1:2022, section 7.2): now, in a profile just made.
    return made[:24] + struct.pack(">6H", 2015, 6, 17, 0, 0, 0) + made[36:]


def to_srgb(image: Image.Image) -> Image.Image:
    """An 8-bit image of any mode as mode RGB in sRGB; alpha is left out.

    The embedded profile is applied with relative colorimetric intent and black point compensation. A profile that is
    missing, broken, or made for another kind of color is ignored: the values are taken as sRGB, or as plain CMYK.
    """
    base = _without_alpha(image)
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


def from_gray(image: Image.Image) -> Tensor:
    """A gray image of more than 8 bits (modes I, I;16 and F) as (3, H, W) float32 in [0, 1], sRGB.

    16-bit values are divided by 65535. Files do not state the range of 32-bit and floating-point values: it is taken
    as [0, 1] up to a peak of 16 (highlights over 1 are cut), then as 8 bits, as 16 bits, and else as [0, peak].
    """
    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=1.0, neginf=0.0)
    values = np.clip(values / _white(image.mode, float(values.max())), 0, 1)
    if _profile(image, "L") is None:
        return torch.from_numpy(values).expand(3, -1, -1).contiguous()
    shallow = Image.fromarray(np.rint(values * 255).astype(np.uint8))
    shallow.info = image.info
    color = torch.from_numpy(np.array(to_srgb(shallow)))
    return color.permute(2, 0, 1).contiguous().float().div_(255)


def _white(mode: str, peak: float) -> float:
    """The value that stands for white."""
    if mode.startswith("I") and peak <= 65535:
        return 65535.0
    if peak <= 16:
        return 1.0
    return next((white for white in (255.0, 65535.0) if peak <= white), peak)


def _without_alpha(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "LA", "La"):
        return image.convert("LA").convert("L") if image.mode == "La" else image.convert("L")
    if image.mode in ("RGB", "CMYK", "LAB"):
        return image
    # By way of RGBA, since Pillow warns of lost transparency where a palette goes straight to RGB.
    return image.convert("RGBA").convert("RGB")


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
