"""PNG pictures of any size with little memory: Pillow alone decodes them whole, here it decodes strips of them.

Sections 5 (chunks) and 9 (filters of rows) of the Portable Network Graphics specification, third edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

_STRIP = 1 << 21  # pixels
_LARGEST_STRIP = 1 << 24
_PIECE = 1 << 16  # bytes of a file
_SIGNATURE = 8
# Bits of a pixel in the file, by Pillow's name for its layout.
_BITS = {"1": 1, "L;2": 2, "L;4": 4, "L": 8, "I;16B": 16, "LA": 16, "LA;16B": 32}
_BITS |= {"RGB": 24, "RGB;16B": 48, "RGBA": 32, "RGBA;16B": 64, "P;1": 1, "P;2": 2, "P;4": 4, "P": 8}
# The mode of which a pixel has so many bytes; for twice as many there is none, and high and low bytes are read apart.
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def exif_of(image: Image.Image) -> Image.Exif:
    """The EXIF of an opened picture; no pixels are decoded, also where that of a PNG comes after them."""
    find_exif(image)
    # The method of its own class would decode the whole of a PNG to come to what is behind.
    return Image.Image.getexif(image) if isinstance(image, PngImageFile) else image.getexif()


def find_exif(image: Image.Image) -> None:
    """Put the EXIF of an opened PNG among its `info`, as Pillow does once the pixels before it are decoded."""
    if not isinstance(image, PngImageFile) or "exif" in image.info or image.fp is None:
        return
    place = image.fp.tell()
    for kind, length in _chunks(image.fp):
        if kind == b"eXIf":
            image.info["exif"] = b"Exif\0\0" + image.fp.read(length)
            break
    image.fp.seek(place)


def can_be_read_in_strips(image: Image.Image, factor: int) -> bool:
    """Whether `read_in_strips` takes an opened picture: a PNG whose rows follow one another, and are not too long."""
    return (
        isinstance(image, PngImageFile)
        and not image.info.get("interlace")
        and [tile[1] for tile in image.tile] == [(0, 0, *image.size)]
        and image.tile[0][3] in _BITS
        and image.width * factor <= _LARGEST_STRIP
    )


def read_in_strips(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    """The rows of a PNG that was opened but not loaded, from the top, in strips of a multiple of `factor` rows.

    Only the last strip may be lower. Each has the picture's mode, palette and transparency. Raises for damaged bytes
    what Pillow's decoders do.
    """
    if not isinstance(image, PngImageFile) or image.fp is None:
        raise TypeError("this is not an opened PNG")
    layout = str(image.tile[0][3])
    bits = _BITS[layout]
    row_bytes, pixel_bytes = (image.width * bits + 7) // 8, (bits + 7) // 8
    height = factor * max(1, _STRIP // (image.width * factor))
    above, source = bytes(row_bytes), _Inflated(image.fp)
    for top in range(0, image.height, height):
        rows = min(height, image.height - top)
        values = _unfiltered(above + source.take(rows * (row_bytes + 1)), rows, row_bytes, pixel_bytes)
        above = values[-row_bytes:]
        strip = Image.frombytes(image.mode, (image.width, rows), values, "raw", layout)
        if image.palette is not None:
            strip.putpalette(image.palette.palette, image.palette.rawmode or "RGB")
        strip.info = dict(image.info)
        yield strip


def _unfiltered(data: bytes, rows: int, row_bytes: int, pixel_bytes: int) -> bytes:
    """The bytes of filtered rows, which `data` holds after the plain row above them."""
    # Pillow's decoder takes a whole picture: one with the row above as its first, not filtered, in stored blocks.
    stored = zlib.compress(b"\0" + data, 0)
    size = row_bytes // pixel_bytes, rows + 1
    if pixel_bytes in _MODES:
        return _decoded(stored, _MODES[pixel_bytes], _MODES[pixel_bytes], size)[row_bytes:]
    mode = _MODES[pixel_bytes // 2]
    whole = bytearray(row_bytes * (rows + 1))
    whole[0::2] = _decoded(stored, mode, f"{mode};16B", size)
    whole[1::2] = _decoded(stored, mode, f"{mode};16L", size)
    return bytes(whole[row_bytes:])


def _decoded(stored: bytes, mode: str, layout: str, size: tuple[int, int]) -> bytes:
    return Image.frombytes(mode, size, stored, "zip", layout, False).tobytes()


class _Inflated:
    """The decompressed pixels of a PNG, as many bytes at a time as are asked for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._pieces, self._stream = _pixel_pieces(file), zlib.decompressobj()

    def take(self, count: int) -> bytes:
        """The next bytes. Raises EOFError where there are fewer."""
        taken = bytearray()
        while len(taken) < count:
            piece = self._stream.unconsumed_tail or next(self._pieces, b"")
            got = self._stream.decompress(piece, count - len(taken))
            if not got and (not piece or self._stream.eof):
                raise EOFError("the pixels end too early")
            taken += got
        return bytes(taken)


def _pixel_pieces(file: IO[bytes]) -> Iterator[bytes]:
    for kind, length in _chunks(file):
        while kind == b"IDAT" and length and (piece := file.read(min(length, _PIECE))):
            length -= len(piece)
            yield piece


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Kind and length of every chunk of a PNG; meanwhile the file is at the chunk's data."""
    place = _SIGNATURE
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        yield kind, length
        place += 12 + length
