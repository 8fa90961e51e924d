"""The recipe inside a picture: PNG keeps it as an iTXt text, the other formats as the EXIF user comment."""

from __future__ import annotations

import os
from pathlib import Path

from PIL.PngImagePlugin import PngInfo

from dreamer.pictures.exif import ASCII, SOFTWARE, UNDEFINED, USER_COMMENT, Exif, Value
from dreamer.pictures.open import open_picture
from dreamer.pictures.png import exif_of

PNG_KEY = "dreamer"
PROGRAM = "dreamer"
"""What the software field of EXIF says of files that dreamer wrote."""

# A GIF has nothing but a comment, in which anyone may write anything.
_GIF_START = b'{"dreamer"'
_EXIF_IFD = 0x8769
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
        if exif.get(SOFTWARE) != PROGRAM:
            return None
        comment = exif.get_ifd(_EXIF_IFD).get(USER_COMMENT) or exif.get(USER_COMMENT)
        return _decode_comment(comment, "utf-16-be" if exif.endian == ">" else "utf-16-le")


def png_text(recipe: str | None) -> PngInfo:
    """The recipe, where there is one, as a PNG iTXt chunk, which is UTF-8."""
    info = PngInfo()
    if recipe is not None:
        info.add_itxt(PNG_KEY, recipe)
    return info


def with_recipe(exif: Exif, recipe: str) -> Exif:
    """An EXIF block with the recipe as its user comment (EXIF 2.32, section 4.6.5), and with who wrote it."""
    comment = Value(UNDEFINED, _encode_comment(recipe, exif.order))
    return exif.with_main(software=Value(ASCII, PROGRAM.encode() + b"\0")).with_photo(user_comment=comment)


def _encode_comment(recipe: str, order: str) -> bytes:
    # UNICODE is two bytes a character, in the byte order of the block.
    wide = "utf-16-le" if order == "<" else "utf-16-be"
    return _ASCII + recipe.encode("ascii") if recipe.isascii() else _UNICODE + recipe.encode(wide)


def _decode_comment(comment: object, wide: str) -> str | None:
    if not isinstance(comment, bytes):
        return None
    if comment.startswith(_ASCII):
        return comment.removeprefix(_ASCII).decode("ascii")
    if comment.startswith(_UNICODE):
        return comment.removeprefix(_UNICODE).decode(wide)
    return None
