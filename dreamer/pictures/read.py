"""Picture files to tensors: orientation, color profiles, depth and alpha are settled here, once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from dreamer.buffers import empty, relax
from dreamer.pictures.color import has_profile, profile_fault, profile_primaries, to_srgb, without_alpha
from dreamer.pictures.deep import Deep, deep_pixels
from dreamer.pictures.extras import ExrImage
from dreamer.pictures.gamut import light_and_beyond, to_srgb_and_beyond
from dreamer.pictures.gray import from_gray
from dreamer.pictures.icc import MatrixProfile
from dreamer.pictures.metadata import read_metadata
from dreamer.pictures.open import open_picture, orientation_of
from dreamer.pictures.origin import Origin, compression_of
from dreamer.pictures.reduced import check_size, load_reduced, room_to_decode

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
_TURNED: dict[int, Callable[[Deep], Deep]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda pixels: np.rot90(pixels),
}


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, upright and in sRGB.

    `pixels`: (3, H, W) float32 in [0, 1], sRGB. `alpha`: (1, H, W) float32 in [0, 1], or None where the file has none.
    `digest`: SHA-256 of the file's bytes, in hex. `name`: the file's name without its folder.
    `beyond`: (3, H, W) float32, what colors outside sRGB have beyond `pixels`; None where there are none.
    `origin`: what the file holds beside, for the file of a dream. `notes`: what could not be read as it should.
    """

    pixels: Tensor
    alpha: Tensor | None
    digest: str
    name: str
    beyond: Tensor | None = None
    origin: Origin | None = None
    notes: tuple[str, ...] = ()


def read_picture(path: str | os.PathLike[str], *, max_megapixels: float = 200, fit: int | None = None) -> Picture:
    """Read a picture file: upright by its EXIF orientation, in sRGB, the first frame where there are several.

    The content of the file decides the format, but for camera raw and TGA, which go by their names. Color profiles
    are applied; without one, or with a broken one, RGB and gray are taken as sRGB. HEIC, JPEG XL, OpenEXR and camera
    raw need the extras `dreamer[heic]`, `[jxl]`, `[exr]` and `[raw]`. `fit`: the longest side, in px, that is wanted;
    larger pictures are read at a whole fraction of their size, twice that or more, and with 8 bits.
    Raises PictureError for whatever cannot be read, and for more than `max_megapixels` million pixels, before any of
    them is decoded.
    """
    path = Path(path)
    with open_picture(path) as (file, image):
        check_size(image, path, max_megapixels * 1e6)
        if isinstance(image, ExrImage):
            with room_to_decode(image.width * image.height):
                decoded = _decode_light(image)
        elif fit is not None:
            small = load_reduced(image, path, fit)
            with room_to_decode(small.width * small.height):
                decoded = _decode(small)
        else:
            with room_to_decode(image.width * image.height):
                decoded = _decode_whole(file, image)
        origin = Origin(
            read_metadata(image, file),
            decoded.profile,
            decoded.depth,
            compression_of(image),
            os.fstat(file.fileno()).st_mtime_ns,
        )
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Picture(decoded.pixels, decoded.alpha, digest, path.name, decoded.beyond, origin, decoded.notes)


def picture_of(image: Image.Image) -> Picture:
    """A picture of Pillow, of no file, upright and in sRGB."""
    decoded = _decode(image)
    origin = Origin(profile=decoded.profile, depth=decoded.depth)
    return Picture(decoded.pixels, decoded.alpha, "", "", decoded.beyond, origin, decoded.notes)


@dataclass(frozen=True, eq=False)
class _Decoded:
    pixels: Tensor
    alpha: Tensor | None
    beyond: Tensor | None = None
    profile: bytes | None = None
    depth: int = 8
    notes: tuple[str, ...] = ()


def _decode_whole(file: BufferedReader, image: Image.Image) -> _Decoded:
    deep, missing = deep_pixels(getattr(image, "fp", None) or file, image)
    if deep is None:
        image.load()
    decoded = _decode(image, deep)
    return replace(decoded, notes=(*decoded.notes, missing)) if missing else decoded


def _decode_light(image: ExrImage) -> _Decoded:
    light, alpha = image.light()
    pixels, beyond = light_and_beyond(light)
    clear = None if alpha is None else torch.from_numpy(np.clip(np.nan_to_num(alpha), 0, 1)).unsqueeze(0)
    return _Decoded(pixels, clear, beyond, depth=16)


def _decode(image: Image.Image, deep: Deep | None = None) -> _Decoded:
    """A loaded image of Pillow, or `deep`, its pixels in 16 bits."""
    # A TIFF is turned by Pillow while loading, which also clears its tag: so this comes after load().
    orientation = orientation_of(image)
    fault = profile_fault(image)
    notes = (fault,) if fault else ()
    primaries = None if fault else profile_primaries(image)
    if deep is not None and (primaries is not None or not has_profile(image) or fault):
        turn = _TURNED.get(orientation)
        upright = deep if turn is None else turn(deep)
        alpha = _shares(upright[..., 3:]) if upright.shape[2] == 4 else None
        return _colored(upright[..., :3], alpha, primaries, image, notes)
    image.load()
    if orientation in _UPRIGHT:
        turned = image.transpose(_UPRIGHT[orientation])
        turned.info = image.info
        image = turned
    if image.mode.startswith(("I", "F")):
        return _Decoded(from_gray(image), None, depth=16, notes=notes)
    # Checked on the mode and its tRNS chunk: a palette or plain RGB can be transparent, too.
    alpha = _to_tensor(image.convert("RGBA").getchannel("A")) if image.has_transparency_data else None
    if primaries is not None:
        return _colored(np.asarray(without_alpha(image)), alpha, primaries, image, notes)
    return _Decoded(_to_tensor(to_srgb(image)), alpha, notes=notes)


def _colored(
    encoded: NDArray[np.uint8] | Deep,
    alpha: Tensor | None,
    primaries: MatrixProfile | None,
    image: Image.Image,
    notes: tuple[str, ...],
) -> _Decoded:
    """Colors (H, W, 3) of a profile, or of sRGB."""
    depth = encoded.dtype.itemsize * 8
    if primaries is not None:
        pixels, beyond = to_srgb_and_beyond(encoded, primaries)
        return _Decoded(pixels, alpha, beyond, image.info["icc_profile"], depth, notes)
    return _Decoded(_shares(encoded), alpha, depth=depth, notes=notes)


def _shares(values: NDArray[np.uint8] | Deep) -> Tensor:
    """(H, W, C) integers as (C, H, W) float32 in [0, 1]."""
    pixels = empty(values.shape[2], *values.shape[:2])
    for top in range(0, len(values), _ROWS):
        rows = np.divide(values[top : top + _ROWS], np.iinfo(values.dtype).max, dtype=np.float32)
        pixels[:, top : top + len(rows)] = torch.from_numpy(rows).permute(2, 0, 1)
        relax(pixels)
    return pixels


def _to_tensor(image: Image.Image) -> Tensor:
    """An 8-bit image of C channels as (C, H, W) float32 in [0, 1]."""
    pixels = empty(len(image.getbands()), image.height, image.width)
    for top in range(0, image.height, _ROWS):
        bottom = min(top + _ROWS, image.height)
        rows = torch.frombuffer(bytearray(image.crop((0, top, image.width, bottom)).tobytes()), dtype=torch.uint8)
        pixels[:, top:bottom] = rows.view(bottom - top, image.width, -1).permute(2, 0, 1).float().div_(255)
        relax(pixels)
    return pixels
