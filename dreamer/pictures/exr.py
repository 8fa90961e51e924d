"""OpenEXR files: linear light in floating point, which holds every color. Needs the extra `dreamer[exr]`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamer.pictures.exif import Exif, text

# Rec. 709 and D65: x and y of red, green, blue and white.
_PRIMARIES = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
_COMMENT, _DATE, _COPYRIGHT = 0x010E, 0x9003, 0x8298


def write_exr(path: Path, light: NDArray[np.float32], *, exif: Exif, texts: dict[str, str]) -> None:
    """Write (H, W, 3 or 4) linear light of Rec. 709 in 32 bits, compressed without loss. `texts`: attributes by name.

    Of `exif` what OpenEXR has attributes for: the time it was taken, its description and copyright.
    Raises OSError where it cannot be written.
    """
    import OpenEXR as openexr  # whoever writes has made sure that it is there

    standard = {
        "capDate": text(exif.photo.get(_DATE)),
        "comments": text(exif.main.get(_COMMENT)),
        "owner": text(exif.main.get(_COPYRIGHT)),
    }
    header = {
        "compression": openexr.ZIP_COMPRESSION,
        "type": openexr.scanlineimage,
        "chromaticities": _PRIMARIES,
        **{name: value for name, value in standard.items() if value},
        **texts,
    }
    channels = {"RGB" if light.shape[2] == 3 else "RGBA": np.ascontiguousarray(light)}
    try:
        with openexr.File(header, channels) as file:
            file.write(str(path))
    except (RuntimeError, ValueError, TypeError) as error:
        raise OSError(str(error)) from error
