"""Large pictures for small purposes: made smaller while or right after they are decoded, and not too many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from dreamer.errors import PictureError
from dreamer.pictures.png import can_be_read_in_strips, find_exif, read_in_strips

# Pixels that may be decoded at one time, by all threads together: with three bytes each, and copies, about 2 GiB.
BUDGET = 256_000_000
# A picture of more pixels than this is rather an attack than a photo: it would take long only to be made small.
LARGEST = 500_000_000
_AVERAGED = {"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F"}
_room = threading.Condition()
_decoded = 0


def check_size(image: Image.Image, path: Path, limit: float) -> None:
    """Raise PictureError, with the size and the limit, where an opened picture has more than `limit` pixels."""
    pixels = image.width * image.height
    if pixels > limit:
        size = f"{image.width} x {image.height} px are {pixels / 1e6:.4g} megapixels"
        remedy = "Make the picture smaller."
        raise PictureError(f"{size}, over the limit of {limit / 1e6:g}", where=str(path), remedy=remedy)


@contextmanager
def room_to_decode(pixels: int) -> Iterator[None]:
    """Wait until so many pixels fit beside those that are being decoded; more than the budget are decoded alone."""
    global _decoded
    with _room:
        _room.wait_for(lambda: _decoded == 0 or _decoded + pixels <= BUDGET)
        _decoded += pixels
    try:
        yield
    finally:
        with _room:
            _decoded -= pixels
            _room.notify_all()


def load_reduced(image: Image.Image, path: Path, side: int) -> Image.Image:
    """Decode an opened picture at a whole fraction of its size, its longest side still twice `side` px or more.

    A JPEG is not even decoded in full, and a PNG in strips. Profile, transparency and orientation are as in the file.
    Raises PictureError for what would have to be decoded in full and has more pixels than may be decoded at one time,
    and for more than `LARGEST` pixels of any kind.
    """
    check_size(image, path, LARGEST)
    # Of a progressive JPEG all coefficients are kept until the last scan, however small it is decoded.
    if image.info.get("progressive"):
        check_size(image, path, BUDGET)
    pixels = image.width * image.height
    image.draft(None, (2 * side, 2 * side))
    factor = max(image.size) // (2 * side)
    if factor > 1 and can_be_read_in_strips(image, factor):
        return _reduced_in_strips(image, factor)
    check_size(image, path, BUDGET)
    with room_to_decode(pixels):
        image.load()
        return _reduced(image, factor)


def _reduced_in_strips(image: Image.Image, factor: int) -> Image.Image:
    find_exif(image)
    strips = [_reduced(strip, factor) for strip in read_in_strips(image, factor)]
    whole = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    whole.info = strips[0].info
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """A loaded picture at a whole fraction of its size; one whose values cannot be averaged as it is."""
    if factor < 2:
        return image
    if image.mode == "I;16":
        return image.convert("I").reduce(factor).convert("I;16")
    if image.mode in ("P", "1") or (image.mode in ("L", "RGB") and image.has_transparency_data):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.reduce(factor) if image.mode in _AVERAGED else image
