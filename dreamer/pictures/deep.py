"""Colors of more than 8 bits a channel, which Pillow has no mode for."""

from __future__ import annotations

import re
import sys
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

Deep = NDArray[np.uint16]
# Pillow's names for 16 bits a channel in either byte order. Unpacking one in the wrong order keeps the low bytes.
_RAW = re.compile(r"^(RGB|RGBA);16([BLN])$")
_GRAY_ALPHA = "LA;16B"
_NATIVE = "L" if sys.byteorder == "little" else "B"
# av1C (AV1 in ISOBMFF 1.2, section 2.3.3): the bit of its third byte that says more than 8.
_AV1_CONFIGURATION, _HIGH_DEPTH = b"av1C", 0x40


def deep_pixels(file: IO[bytes], image: Image.Image) -> tuple[Deep | None, str]:
    """Pixels (H, W, 3 or 4) of a picture that is opened and not loaded, in all of their bits, white at 65535; turned as
    loading `image` turns them. None where 8 bits are all; and what is missing to read more, or an empty text."""
    reader = _READERS.get(image.format or "")
    return (None, "") if reader is None else reader(file, image)


def _packed(file: IO[bytes], image: Image.Image) -> tuple[Deep | None, str]:
    """Of PNG and TIFF: decoded twice by Pillow, for the low bytes, and by loading the picture for the high ones."""
    names = {_raw_mode(tile.args) for tile in getattr(image, "tile", ())}
    if len(names) != 1 or "transparency" in image.info:
        return None, ""
    (name,) = names
    if name == _GRAY_ALPHA:
        four = _decoded(file, image.format, "RGBA", "RGBA").astype(np.uint16)
        image.load()
        gray, alpha = four[..., 0] << 8 | four[..., 1], four[..., 2] << 8 | four[..., 3]
        return np.stack([gray, gray, gray, alpha], -1), ""
    match = _RAW.match(name)
    if match is None or image.mode != match[1]:
        return None, ""
    other = "L" if (match[2].replace("N", _NATIVE)) == "B" else "B"
    low = _decoded(file, image.format, match[1], f"{match[1]};16{other}")
    image.load()
    return np.bitwise_or(np.asarray(image).astype(np.uint16) << 8, low, dtype=np.uint16), ""


def _decoded(file: IO[bytes], form: str | None, mode: str, raw: str) -> NDArray[np.uint8]:
    file.seek(0)
    with Image.open(file, formats=[form or ""]) as again:
        if not isinstance(again, ImageFile.ImageFile):
            raise OSError("not a file")
        again._mode = mode
        again.tile = [tile._replace(args=_with_raw_mode(tile.args, raw)) for tile in again.tile]
        again.load()
        return np.asarray(again)


def _raw_mode(args: Any) -> str:
    return str(args[0] if isinstance(args, tuple) else args)


def _with_raw_mode(args: Any, name: str) -> Any:
    return (name, *args[1:]) if isinstance(args, tuple) else name


def _heic(file: IO[bytes], image: Image.Image) -> tuple[Deep | None, str]:
    bits = image.info.get("bit_depth", 8)
    if bits <= 8:
        return None, ""
    import pillow_heif  # whoever opened the picture has it

    file.seek(0)
    values = np.asarray(pillow_heif.open_heif(file, convert_hdr_to_8bit=False))
    return _stretched(values >> (16 - bits), bits), ""


def _avif(file: IO[bytes], image: Image.Image) -> tuple[Deep | None, str]:
    file.seek(0)
    data = file.read()
    place = data.find(_AV1_CONFIGURATION)
    if place < 0 or not data[place + 6 : place + 7] or not data[place + 6] & _HIGH_DEPTH:
        return None, ""
    try:
        import cv2
    except ImportError:
        return None, "read with 8 of its bits; pip install 'dreamer[video]' reads them all"
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if (
        values is None
        or values.dtype != np.uint16
        or values.ndim != 3
        or values.shape[:2] != (image.height, image.width)
    ):
        return None, ""
    return _stretched(values[..., [2, 1, 0, 3][: values.shape[2]]], 12 if data[place + 6] & 0x20 else 10), ""


def _stretched(values: NDArray[Any], bits: int) -> Deep:
    stretched: Deep = np.rint(values.astype(np.float32) * (65535 / (2**bits - 1))).astype(np.uint16)
    return stretched


def _own(file: IO[bytes], image: Image.Image) -> tuple[Deep | None, str]:
    """Of the readers of this package, which know more than they can show to Pillow."""
    return image.deep(), ""  # type: ignore[attr-defined]


_READERS = {"PNG": _packed, "TIFF": _packed, "HEIF": _heic, "AVIF": _avif, "RAW": _own}
