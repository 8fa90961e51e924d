"""Picture files to tensors: orientation, color profiles, depth and alpha are settled here, once."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from dreamer.errors import PictureError
from dreamer.pictures.color import from_gray, to_srgb
from dreamer.pictures.finding import near_names

# Named one by one, since Pillow would also hand PostScript to Ghostscript and guess at formats without a signature.
_FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "GIF", "BMP", "PPM", "JPEG2000", "AVIF", "HEIF")
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders are known to raise on damaged bytes.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)
_pillow_lock = threading.Lock()


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


def read_picture(path: str | os.PathLike[str], *, max_megapixels: float = 200) -> Picture:
    """Read a picture file: upright by its EXIF orientation, in sRGB, the first frame where there are several.

    The format is told from the content. Color profiles are applied; without one, or with a broken one, RGB and gray are
    taken as sRGB. Colors of more than 8 bits are read with 8, gray with all of its bits. HEIC needs `dreamer[heic]`.
    Raises PictureError for whatever cannot be read, and for more than `max_megapixels` million pixels, which is known
    before anything is decoded.
    """
    path = Path(path)
    with open_picture(path) as (file, image):
        megapixels = image.width * image.height / 1e6
        if megapixels > max_megapixels:
            size = f"{image.width} x {image.height} px are {megapixels:.4g} megapixels"
            remedy = "Make the picture smaller, or allow more megapixels."
            raise PictureError(f"{size}, over the limit of {max_megapixels:g}", where=str(path), remedy=remedy)
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


@contextmanager
def open_picture(path: Path) -> Iterator[tuple[BufferedReader, Image.Image]]:
    """Open a picture's header; what goes wrong, then or in the body, is raised as a PictureError naming `path`."""
    with _mistakes_named(path):
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PictureError("this is a folder, not a picture", where=str(path), remedy="Name a picture file in it.")
        # Opening a pipe would wait for its writer for ever.
        if not stat.S_ISREG(status.st_mode):
            raise PictureError("this is not a regular file", where=str(path), remedy="Name a picture file.")
        if status.st_size == 0:
            raise PictureError("the file is empty", where=str(path), remedy="Copy or download it again.")
        with path.open("rb") as file, _own_limits():
            _enable_heic(file, path)
            Image.init()
            with Image.open(file, formats=[each for each in _FORMATS if each in Image.OPEN]) as image:
                yield file, image


@contextmanager
def _mistakes_named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise PictureError("there is no such file", where=str(path), remedy=near_names(path)) from None
    except PermissionError:
        raise PictureError("you may not read this file", where=str(path), remedy="Change its permissions.") from None
    except UnidentifiedImageError:
        remedy = "dreamer reads PNG, JPEG, WebP, TIFF, GIF, BMP, PPM, JPEG 2000, AVIF and HEIC; it goes by the content."
        raise PictureError("this is not a picture that can be read", where=str(path), remedy=remedy) from None
    except MemoryError:
        raise PictureError("the picture does not fit into memory", where=str(path), remedy="Make it smaller.") from None
    except _DAMAGE as error:
        # An errno comes from the file system; Pillow's own complaints have none.
        reason = error.strerror if isinstance(error, OSError) and error.errno else None
        what = f"cannot be read: {reason}" if reason else "the picture is cut short or damaged"
        raise PictureError(what, where=str(path), remedy="Copy, download or export it again.") from error


@contextmanager
def _own_limits() -> Iterator[None]:
    """Replace Pillow's limit on pixels by ours, and keep its warnings about odd metadata from the reader."""
    # Both settings belong to the whole process, hence the lock.
    with _pillow_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _enable_heic(file: BufferedReader, path: Path) -> None:
    """Teach Pillow HEIC, where this file is one."""
    header = file.read(64)
    file.seek(0)
    brands = {header[start : start + 4] for start in range(8, min(len(header), header[3]), 4)}
    if header[4:8] != b"ftyp" or not brands & _HEIC_BRANDS:
        return
    try:
        import pillow_heif
    except ImportError:
        remedy = "Install it with: pip install 'dreamer[heic]'"
        raise PictureError("reading HEIC needs an extra", where=str(path), remedy=remedy) from None
    pillow_heif.register_heif_opener()


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except _DAMAGE:
        return 1  # the metadata are broken, which the pixels need not be


def _to_tensor(image: Image.Image) -> Tensor:
    """An 8-bit image of C channels as (C, H, W) float32 in [0, 1]."""
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return values.view(image.height, image.width, -1).permute(2, 0, 1).contiguous().float().div_(255)
