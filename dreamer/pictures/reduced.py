"""Large pictures for small purposes: made smaller while or right after they are decoded, and not too many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

# Pixels that may be decoded at one time, by all threads together: with three bytes each, and copies, about 2 GiB.
BUDGET = 256_000_000
_AVERAGED = {"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F"}
_room = threading.Condition()
_decoded = 0


@contextmanager
def room_to_decode(image: Image.Image) -> Iterator[None]:
    """Wait until a picture fits beside those that are being decoded; one that is larger than the budget goes alone."""
    global _decoded
    pixels = image.width * image.height
    with _room:
        _room.wait_for(lambda: _decoded == 0 or _decoded + pixels <= BUDGET)
        _decoded += pixels
    try:
        yield
    finally:
        with _room:
            _decoded -= pixels
            _room.notify_all()


def load_reduced(image: Image.Image, side: int) -> Image.Image:
    """Decode an opened picture at a whole fraction of its size, its longest side still twice `side` px or more.

    A JPEG is not even decoded in full. Profile, transparency and orientation are as in the file.
    """
    image.draft(None, (2 * side, 2 * side))
    image.load()
    factor = max(image.size) // (2 * side)
    if factor < 2:
        return image
    if image.mode not in _AVERAGED:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB") if image.mode in ("P", "1") else image
    return image.reduce(factor) if image.mode in _AVERAGED else image
