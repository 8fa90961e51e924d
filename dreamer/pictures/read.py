"""Picture files to tensors: orientation, color profiles, depth and alpha are settled here, once."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from dreamer.buffers import empty, relax
from dreamer.pictures.color import from_gray, to_srgb
from dreamer.pictures.open import DAMAGE, open_picture
from dreamer.pictures.reduced import check_size, load_reduced, room_to_decode

_ORIENTATION_TAG = 0x0112
_ROWS = 256  # that are converted at a time
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, upright and in sRGB.

    `pixels`: (3, H, W) float32 in [0, 1], sRGB. `alpha`: (1, H, W) float32 in [0, 1], or None where the file has none.
    `digest`: SHA-256 of the file's bytes, in hex. `name`: the file's name without its folder.
    """

    pixels: Tensor
    alpha: Tensor | None
    digest: str
    name: str


def read_picture(path: str | os.PathLike[str], *, max_megapixels: float = 200, fit: int | None = None) -> Picture:
    """Read a picture file: upright by its EXIF orientation, in sRGB, the first frame where there are several.

    The content of the file decides the format. Color profiles are applied; without one, or with a broken one, RGB and
    gray are taken as sRGB. Colors of more than 8 bits are read with 8, gray with all of its bits. HEIC needs
    `dreamer[heic]`. `fit`: the longest side, in px, that is wanted; larger pictures are read at a whole fraction of
    their size, twice that or more.
    Raises PictureError for whatever cannot be read, and for more than `max_megapixels` million pixels, before any of
    them is decoded.
    """
    path = Path(path)
    with open_picture(path) as (file, image):
        check_size(image, path, max_megapixels * 1e6)
        if fit is not None:
            image = load_reduced(image, path, fit)
        with room_to_decode(image.width * image.height):
            image.load()
            pixels, alpha = decode(image)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Picture(pixels, alpha, digest, path.name)


def decode(image: Image.Image) -> tuple[Tensor, Tensor | None]:
    """Pixels, (3, H, W), and alpha, (1, H, W) or None, of a loaded Pillow image; both float32 in [0, 1], sRGB."""
    # A TIFF is turned by Pillow while loading, which also clears its tag: so this comes after load().
    orientation = _orientation(image)
    if orientation in _UPRIGHT:
        turned = image.transpose(_UPRIGHT[orientation])
        turned.info = image.info
        image = turned
    if image.mode.startswith(("I", "F")):
        return from_gray(image), None
    # Checked on the mode and its tRNS chunk: a palette or plain RGB can be transparent, too.
    alpha = _to_tensor(image.convert("RGBA").getchannel("A")) if image.has_transparency_data else None
    return _to_tensor(to_srgb(image)), alpha


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except DAMAGE:
        return 1  # the metadata are broken, which the pixels need not be


def _to_tensor(image: Image.Image) -> Tensor:
    """An 8-bit image of C channels as (C, H, W) float32 in [0, 1]."""
    pixels = empty(len(image.getbands()), image.height, image.width)
    for top in range(0, image.height, _ROWS):
        bottom = min(top + _ROWS, image.height)
        rows = torch.frombuffer(bytearray(image.crop((0, top, image.width, bottom)).tobytes()), dtype=torch.uint8)
        pixels[:, top:bottom] = rows.view(bottom - top, image.width, -1).permute(2, 0, 1).float().div_(255)
        relax(pixels)
    return pixels
