"""The recipe inside a picture: PNG keeps it as an iTXt text, the other formats as the EXIF user comment."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, TiffTags
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from dreamer.pictures.open import open_picture
from dreamer.pictures.png import exif_of

PNG_KEY = "dreamer"
_SOFTWARE = "dreamer"
# A GIF has nothing but a comment, in which anyone may write anything.
_GIF_START = b'{"dreamer"'
_SOFTWARE_TAG, _EXIF_IFD, _USER_COMMENT_TAG = 0x0131, 0x8769, 0x9286
_ASCII, _UNICODE = b"ASCII\0\0\0", b"UNICODE\0"


def read_recipe(path: str | os.PathLike[str]) -> str | None:
    """The recipe that dreamer wrote into this picture, or None where there is none; pixels are not decoded.

    Raises PictureError for a file that is not a readable picture.
    """
    with open_picture(Path(path)) as (_, image):
        text = image.info.get(PNG_KEY)
        if isinstance(text, str):
            return str(text)
        comment = image.info.get("comment")
        if isinstance(comment, bytes) and comment.startswith(_GIF_START):
            return comment.decode("utf-8", "replace")
        exif = exif_of(image)
        # Cameras and editors leave user comments of their own.
        if exif.get(_SOFTWARE_TAG) != _SOFTWARE:
            return None
        return _decode_comment(exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT_TAG) or exif.get(_USER_COMMENT_TAG))


def png_text(recipe: str) -> PngInfo:
    """The recipe as a PNG iTXt chunk, which is UTF-8."""
    info = PngInfo()
    info.add_itxt(PNG_KEY, recipe)
    return info


def exif_comment(recipe: str) -> Image.Exif:
    """The recipe as an EXIF block: the user comment (EXIF 2.32, section 4.6.5), who wrote it, and nothing else."""
    exif = Image.Exif()
    exif[_SOFTWARE_TAG] = _SOFTWARE
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT_TAG] = _encode_comment(recipe)
    return exif


def tiff_comment(recipe: str) -> ImageFileDirectory_v2:
    """The same for a TIFF, among whose own tags Pillow writes no EXIF block."""
    tags = ImageFileDirectory_v2()
    tags[_SOFTWARE_TAG] = _SOFTWARE
    tags.tagtype[_USER_COMMENT_TAG] = TiffTags.BYTE  # of EXIF's own type, undefined, older Pillows keep one byte
    tags[_USER_COMMENT_TAG] = _encode_comment(recipe)
    return tags


def _encode_comment(recipe: str) -> bytes:
    # UNICODE is two bytes a character, in the byte order of the block, and Pillow writes little-endian blocks.
    return _ASCII + recipe.encode("ascii") if recipe.isascii() else _UNICODE + recipe.encode("utf-16-le")


def _decode_comment(comment: object) -> str | None:
    if not isinstance(comment, bytes):
        return None
    if comment.startswith(_ASCII):
        return comment.removeprefix(_ASCII).decode("ascii")
    if comment.startswith(_UNICODE):
        return comment.removeprefix(_UNICODE).decode("utf-16-le")
    return None
