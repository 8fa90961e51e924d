"""Picture files opened without being decoded, with a named error for each way in which that fails. Imports no torch."""

from __future__ import annotations

import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader, BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from dreamer.errors import PictureError, did_you_mean
from dreamer.pictures.extras import DAMAGED, EXPORT_AGAIN, opened_by_extra
from dreamer.pictures.png import exif_of
from dreamer.refusals import ran_out_of_memory, refusal

# Named one by one, since Pillow would also hand PostScript to Ghostscript and guess at formats without a signature.
_FORMATS = (
    "PNG", "JPEG", "MPO", "WEBP", "TIFF", "GIF", "BMP", "PPM", "JPEG2000", "AVIF", "HEIF", "JXL", "PSD", "QOI"
)  # fmt: skip
# It has no signature, so that a file is one by its name.
_TARGA, _TARGA_SUFFIX = "TGA", ".tga"
_ORIENTATION = 0x0112
_PNG = b"\x89PNG\r\n\x1a\n"
# What Pillow's decoders are known to raise on damaged bytes.
DAMAGE = (
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
_lock = threading.Lock()
_readers = 0
_settings = ExitStack()


@contextmanager
def open_picture(path: Path) -> Iterator[tuple[BufferedReader, Image.Image]]:
    """Open a picture of any size by its header; any number of threads may.

    What goes wrong, then or in the body, is raised as a PictureError naming `path`.
    """
    with _mistakes_named(path):
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PictureError("this is a folder, not a picture", where=str(path), remedy="Name a picture file in it.")
        # Opening a pipe would wait forever for its writer.
        if not stat.S_ISREG(status.st_mode):
            raise PictureError("this is not a regular file", where=str(path), remedy="Name a picture file.")
        if status.st_size == 0:
            raise PictureError("the file is empty", where=str(path), remedy="Copy or download it again.")
        with path.open("rb") as file, _own_limits(), _opened(file, path) as image:
            yield file, image


def _opened(file: BufferedReader, path: Path) -> Image.Image:
    own = opened_by_extra(file, path)
    if own is not None:
        return own
    Image.init()
    known = (*_FORMATS, _TARGA) if path.suffix.lower() == _TARGA_SUFFIX else _FORMATS
    formats = [form for form in known if form in Image.OPEN]
    try:
        return Image.open(file, formats=formats)
    except UnidentifiedImageError:
        file.seek(0)
        if file.read(len(_PNG)) != _PNG:
            raise
        return Image.open(_without_damaged_extras(file.read()), formats=["PNG"])


def _without_damaged_extras(chunks: bytes) -> BytesIO:
    """A PNG without the chunks that say nothing of its pixels and are damaged (PNG 3, sections 5.3 and 5.4)."""
    kept, place = [_PNG], 0
    while place + 12 <= len(chunks):
        (size,) = struct.unpack_from(">I", chunks, place)
        chunk = chunks[place : place + 12 + size]
        name, ancillary = chunk[4:8], bool(chunk[4] & 0x20)
        if not ancillary or zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:]):
            kept.append(chunk)
        place += 12 + size
        if name == b"IEND":
            break
    return BytesIO(b"".join(kept))


def picture_size(path: Path) -> tuple[int, int]:
    """(height, width) in px of a picture when upright, from its header alone. Raises PictureError."""
    with open_picture(path) as (_, image):
        # Exif orientations from 5 on lie on their side.
        turned = orientation_of(image) in (5, 6, 7, 8)
        return (image.width, image.height) if turned else (image.height, image.width)


def orientation_of(image: Image.Image) -> int:
    """How a picture is to be turned, 1 to 8 as in EXIF; 1 where its metadata do not say, or are broken."""
    # The decoder of JPEG XL turns by the codestream, and EXIF is not to be heard (ISO 18181-2), unless it was a JPEG.
    if image.format == "JXL" and not getattr(image, "jpeg", False):
        return 1
    try:
        return int(exif_of(image).get(_ORIENTATION, 1))
    except DAMAGE:
        return 1


@contextmanager
def _mistakes_named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise PictureError("there is no such file", where=str(path), remedy=_similar_names(path)) from None
    except UnidentifiedImageError:
        remedy = (
            "dreamer reads PNG, JPEG, WebP, TIFF, GIF, BMP, PPM, JPEG 2000, AVIF, PSD, TGA and QOI; with extras HEIC "
            "(dreamer[heic]), JPEG XL (dreamer[jxl]), OpenEXR (dreamer[exr]) and camera raw (dreamer[raw])."
        )
        raise PictureError("this is not a picture that can be read", where=str(path), remedy=remedy) from None
    # RuntimeError: what the decoders of AVIF and JPEG XL say of damaged files, and torch where memory ends.
    except (MemoryError, RuntimeError, *DAMAGE) as error:
        if ran_out_of_memory(error):
            raise _too_large(path) from error
        # An errno comes from the file system; Pillow's own complaints have none.
        if isinstance(error, OSError) and error.errno:
            raise refusal(PictureError, "cannot be read", error, path) from error
        raise PictureError(DAMAGED, where=str(path), remedy=EXPORT_AGAIN) from error


def _too_large(path: Path) -> PictureError:
    error = PictureError("the picture does not fit into memory", where=str(path), remedy="Make it smaller.")
    error.refused = True  # it may fit the next time
    return error


def _similar_names(path: Path) -> str:
    """What to do about a file that is not there: names like its own beside it, or a plain hint."""
    try:
        siblings = [sibling.name for sibling in path.parent.iterdir()]
    except OSError:
        siblings = []
    return did_you_mean(path.name, siblings) or "Check the spelling and the folder."


@contextmanager
def _own_limits() -> Iterator[None]:
    """Lift Pillow's limit on pixels, and keep its warnings about odd metadata from the reader.

    Both settings belong to the whole process: they change with the first thread in and back with the last one out.
    """
    global _readers
    with _lock:
        if _readers == 0:
            _settings.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            _settings.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
            Image.MAX_IMAGE_PIXELS = None
        _readers += 1
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if _readers == 0:
                _settings.close()
