"""TIFF files of 8 and 16 bits a channel with all of their metadata. TIFF 6.0, sections 3, 8, 14 and 18."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dreamer.errors import OutputError
from dreamer.pictures.exif import BYTE, UNDEFINED, Exif, Order, Value, tiff_header, write_exif

_ROWS = 64
# Offsets have 32 bits.
_MOST_BYTES = 2**32 - 2**20
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 0x0100, 0x0101, 0x0102, 0x0103, 0x0106
_CHANNELS, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANAR, _PREDICTOR = 0x0115, 0x0116, 0x0117, 0x011C, 0x013D
_EXTRA, _XMP, _IPTC, _PROFILE = 0x0152, 0x02BC, 0x83BB, 0x8773
_DEFLATE, _RGB, _HORIZONTAL, _PLAIN_ALPHA = 8, 2, 2, 2


def write_tiff(
    file: IO[bytes],
    pixels: NDArray[np.uint8] | NDArray[np.uint16],
    *,
    profile: bytes,
    exif: Exif,
    xmp: bytes,
    iptc: bytes,
) -> None:
    """Write (H, W, 3 or 4) pixels, compressed without loss, in the byte order of `exif`.

    Raises OutputError above 4 GiB.
    """
    height, width, channels = pixels.shape
    file.write(tiff_header(exif.order))
    places, sizes = [], []
    for strip in _strips(pixels, exif.order):
        places.append(file.tell())
        sizes.append(len(strip))
        file.write(strip + bytes(len(strip) % 2))
    if file.tell() > _MOST_BYTES:
        raise OutputError("the picture is too large for TIFF, which holds 4 GiB", remedy="Write a .png.")
    bits = pixels.dtype.itemsize * 8
    structure = {
        _WIDTH: exif.long(width),
        _HEIGHT: exif.long(height),
        _BITS: Value(3, struct.pack(f"{exif.order}{channels}H", *[bits] * channels)),
        _COMPRESSION: exif.short(_DEFLATE),
        _PHOTOMETRIC: exif.short(_RGB),
        _CHANNELS: exif.short(channels),
        _ROWS_PER_STRIP: exif.long(_ROWS),
        _STRIP_BYTES: exif.long(*sizes),
        _PLANAR: exif.short(1),
        _PREDICTOR: exif.short(_HORIZONTAL),
        _PROFILE: Value(UNDEFINED, profile),
    }
    if channels == 4:
        structure[_EXTRA] = exif.short(_PLAIN_ALPHA)
    if xmp:
        structure[_XMP] = Value(BYTE, xmp)
    if iptc:
        structure[_IPTC] = Value(UNDEFINED, iptc)
    # A second directory would be a second page.
    write_exif(file, replace(exif, main={**exif.main, **structure}, thumbnail={}, small=b""), places)


def _strips(pixels: NDArray[Any], order: Order) -> Iterator[bytes]:
    """Bands of rows, each pixel less its left neighbor, compressed."""
    for start in range(0, len(pixels), _ROWS):
        band = pixels[start : start + _ROWS]
        differences = band.copy()
        differences[:, 1:] -= band[:, :-1]
        yield zlib.compress(differences.astype(band.dtype.newbyteorder(order)).tobytes(), 6)
