"""What names tell: which files are pictures, which folders hold no inputs, and the order a person expects."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Container
from pathlib import Path

from dreamer.errors import OutputError, did_you_mean

RAW_SUFFIXES = (
    ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2", ".pef", ".srw",
    ".x3f", ".3fr", ".iiq", ".erf", ".mef", ".mos", ".mrw", ".kdc", ".dcr",
)  # fmt: skip
"""Suffixes of cameras' raw files, many of which begin as a TIFF does."""

READABLE = (
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".tif",
    ".tiff",
    ".gif",
    ".bmp",
    ".ppm",
    ".pgm",
    ".jp2",
    ".avif",
    ".heic",
    ".heif",
    ".hif",
    ".jxl",
    ".mpo",
    ".psd",
    ".tga",
    ".qoi",
    ".exr",
    *RAW_SUFFIXES,
)
"""Suffixes that name a picture; reading itself goes by the content of a file, whatever its name."""

_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".exr": "EXR",
}
WRITABLE = tuple(_FORMATS)
"""Suffixes of the picture formats that can be written."""

_PAGE_FOLDER, _FRAMES_FOLDER = "_files", ".frames"


def is_picture_name(path: str | os.PathLike[str]) -> bool:
    """Whether a file of this name should be a picture: its suffix is one of `READABLE`, and it is not hidden."""
    name = Path(path).name
    return not name.startswith(".") and Path(name).suffix.lower() in READABLE


def output_format(path: str | os.PathLike[str]) -> str:
    """The format that a path's suffix asks for: PNG, JPEG, WEBP, TIFF or EXR. Raises OutputError for any other."""
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        what = f"{suffix!r} is not a format that can be written" if suffix else "the name has no suffix"
        known = f"Formats are {', '.join(WRITABLE)}."
        remedy = " ".join(filter(None, (did_you_mean(suffix, WRITABLE), known)))
        raise OutputError(what, where=os.fspath(path), remedy=remedy)
    return _FORMATS[suffix]


def require_writer(path: Path) -> None:
    """Raise OutputError where such a picture cannot be written: another suffix, or OpenEXR without its package."""
    if output_format(path) == "EXR" and not _has_openexr():
        remedy = "Install it with: pip install 'dreamer[exr]'"
        raise OutputError("writing OpenEXR needs an extra", where=str(path), remedy=remedy)


def _has_openexr() -> bool:
    return importlib.util.find_spec("OpenEXR") is not None


def as_file_name(text: str) -> str:
    """The text with hyphens for what cannot be in the name of a file or folder."""
    return re.sub(r'[/\\:*?"<>|\x00-\x1f]', "-", text)


def page_folder(page: Path) -> Path:
    """Where the small pictures of a web page are: beside it, under the name that browsers use for saved pages, too."""
    return page.with_name(f"{page.stem}{_PAGE_FOLDER}")


def frames_folder(film: Path) -> Path:
    """Where the frames of a film are kept while it is rendered: beside it."""
    return film.with_name(f"{film.name}{_FRAMES_FOLDER}")


def is_side_folder(name: str, beside: Container[str]) -> bool:
    """Whether a folder holds no pictures of its own: hidden, a film's frames, or the folder of a page in `beside`."""
    page = f"{name.removesuffix(_PAGE_FOLDER)}.html"
    return name.startswith(".") or name.endswith(_FRAMES_FOLDER) or (name.endswith(_PAGE_FOLDER) and page in beside)


def natural_order(path: Path) -> tuple[list[str | int], str]:
    """A sort key that compares runs of digits as numbers; the name itself settles "img1" against "img01"."""
    # Splitting on a group alternates text and digits, so that two keys never compare a str with an int.
    parts = re.split(r"(\d+)", path.name.casefold())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], path.name
