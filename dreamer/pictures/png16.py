"""PNG files of 16 bits a channel, which Pillow does not write. PNG 3, sections 4 to 11."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {3: 2, 4: 6}
_UP = 2  # the filter: each row less the one above
_ROWS = 64


def write_png16(
    file: IO[bytes], pixels: NDArray[np.uint16], *, profile: bytes, exif: bytes, texts: dict[str, str]
) -> None:
    """Write (H, W, 3 or 4) pixels, white at 65535. `exif`: a block, or nothing; `texts`: by keywords of Latin-1."""
    height, width, channels = pixels.shape
    file.write(_SIGNATURE)
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 16, _COLOR_TYPES[channels], 0, 0, 0))
    _chunk(file, b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile))
    if exif:
        _chunk(file, b"eXIf", exif)
    for keyword, text in texts.items():
        _chunk(file, b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
    for data in _compressed(pixels):
        _chunk(file, b"IDAT", data)
    _chunk(file, b"IEND", b"")


def _compressed(pixels: NDArray[np.uint16]) -> Iterator[bytes]:
    """The rows, filtered, as one stream of zlib in parts."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    above: NDArray[np.uint8] | None = None
    for start in range(0, len(pixels), _ROWS):
        band = pixels[start : start + _ROWS]
        rows = band.astype(">u2").reshape(len(band), -1).view(np.uint8)
        if above is None:
            above = np.zeros_like(rows[0])
        filtered = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
        filtered[:, 0] = _UP
        filtered[0, 1:] = rows[0] - above
        np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
        above = rows[-1]
        if part := packer.compress(filtered.tobytes()):
            yield part
    yield packer.flush()


def _chunk(file: IO[bytes], name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
