"""Tensors to picture files: with the photo's own colors, depth and metadata where that is wanted, and the recipe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from dreamer.atomic import atomic_write
from dreamer.errors import OutputError
from dreamer.pictures.exif import Exif, build_exif
from dreamer.pictures.exr import write_exr
from dreamer.pictures.gamut import from_srgb, linear_light
from dreamer.pictures.icc import MatrixProfile, primaries_of, srgb_profile
from dreamer.pictures.iptc import photoshop_segment
from dreamer.pictures.metadata import LONGEST_EXIF, Kept, fitting_segments, kept_metadata
from dreamer.pictures.names import output_format, require_writer
from dreamer.pictures.origin import Origin
from dreamer.pictures.png16 import write_png16
from dreamer.pictures.quantize import Colors, quantized
from dreamer.pictures.recipes import PNG_KEY, png_text, with_recipe
from dreamer.pictures.settings import DEFAULT_SETTINGS, QUALITY, FileSettings
from dreamer.pictures.tiff import write_tiff
from dreamer.refusals import refusal

_XMP_KEY = "XML:com.adobe.xmp"


@dataclass(frozen=True, eq=False)
class _Sheet:
    """What is to be written: (H, W, 3 or 4) `pixels` of 8 or 16 bits in the colors of `profile`, or linear light."""

    path: Path
    pixels: NDArray[Any]
    profile: bytes
    kept: Kept
    recipe: str | None
    settings: FileSettings
    quality: int

    @property
    def exif(self) -> Exif:
        """What is kept, with the recipe."""
        return self.kept.exif if self.recipe is None else with_recipe(self.kept.exif, self.recipe)


@dataclass(frozen=True)
class _Format:
    """`deep`: whether it holds 16 bits; `light`: whether it holds linear light of any values."""

    write: Callable[[IO[bytes], _Sheet], None]
    max_side: int = 2**31 - 1
    alpha: bool = True
    deep: bool = False
    light: bool = False


def write_picture(
    path: str | os.PathLike[str],
    pixels: Tensor,
    *,
    alpha: Tensor | None = None,
    recipe: str | None = None,
    quality: int | None = None,
    beyond: Tensor | None = None,
    origin: Origin | None = None,
    file_settings: FileSettings = DEFAULT_SETTINGS,
) -> tuple[str, ...]:
    """Write a picture in the format of its suffix, with a color profile, metadata and the recipe inside.

    `pixels`: (3, H, W) float in [0, 1], sRGB, on any device. `alpha`: (1, H, W) float in [0, 1]; JPEG has no room for
    it and keeps the colors alone. `quality`: in place of that of `file_settings`. `beyond`: (3, H, W) float, what the
    photo's colors have beyond sRGB: added where the photo's profile is written. `origin`: what the photo's file held,
    of which `file_settings` say what is kept. Returns what could not be kept, as texts for people.
    The same arguments give the same bytes. The file is there whole or not at all; its folders are made.
    Raises OutputError for other suffixes, for what the format cannot hold, and where the file cannot be written.
    """
    path, origin = Path(path), origin or Origin()
    require_writer(path)
    name = output_format(path)
    form = _FORMATS[name]
    height, width = pixels.shape[-2:]
    if max(height, width) > form.max_side:
        what = f"{width} x {height} px is too large for {name}, which holds up to {form.max_side} px a side"
        raise OutputError(what, where=str(path), remedy="Write a .png, or a smaller picture.")
    kept = kept_metadata(origin.metadata, file_settings.metadata, (height, width))
    kept = fitting_segments(kept, recipe) if name == "JPEG" else kept
    profile, primaries = _profile(origin, file_settings)
    depth = origin.depth if file_settings.depth == "source" else file_settings.depth
    own_quality = origin.quality if name == "JPEG" else None
    with _placed(path):
        stored = _pixels(Colors(pixels, beyond, alpha), primaries, form, depth)
    sheet = _Sheet(
        path, stored, profile, kept, recipe, file_settings, quality or file_settings.quality or own_quality or QUALITY
    )
    with _placed(path), atomic_write(path) as file:
        form.write(file, sheet)
    if file_settings.keep_dates and origin.modified is not None:
        keep_date(path, origin.modified)
    return kept.notes


@contextmanager
def _placed(path: Path) -> Iterator[None]:
    """Name the file in an error that names none."""
    try:
        yield
    except OutputError as error:
        raise OutputError(error.what, where=error.where or str(path), remedy=error.remedy) from error


def keep_date(path: Path, modified: int) -> None:
    """Date a written file, in ns since 1970. Raises OutputError."""
    try:
        os.utime(path, ns=(modified, modified))
    except OSError as error:
        raise refusal(OutputError, "its date cannot be set", error, path) from error


def _profile(origin: Origin, settings: FileSettings) -> tuple[bytes, MatrixProfile | None]:
    """The profile of the file, and its primaries where it is not sRGB."""
    primaries = primaries_of(origin.profile) if origin.profile and settings.profile == "source" else None
    return (srgb_profile(), None) if primaries is None or origin.profile is None else (origin.profile, primaries)


def _pixels(colors: Colors, primaries: MatrixProfile | None, form: _Format, depth: int) -> NDArray[Any]:
    """What is stored: (H, W, 3 or 4) integers of 8 or 16 bits in the profile's colors, or linear light."""
    colors = colors if form.alpha else replace(colors, alpha=None)
    if form.light:
        return quantized(replace(colors, convert=linear_light), np.float32)
    kind = np.uint16 if form.deep and depth > 8 else np.uint8
    if primaries is None:
        return quantized(replace(colors, beyond=None), kind)
    return quantized(replace(colors, convert=partial(from_srgb, profile=primaries)), kind)


def _write_png(file: IO[bytes], sheet: _Sheet) -> None:
    block = build_exif(sheet.kept.exif)
    packet = sheet.kept.xmp.decode("utf-8", "replace")
    if sheet.pixels.dtype == np.uint16:
        texts = {} if sheet.recipe is None else {PNG_KEY: sheet.recipe}
        texts |= {_XMP_KEY: packet} if packet else {}
        write_png16(file, sheet.pixels, profile=sheet.profile, exif=block, texts=texts)
        return
    info = png_text(sheet.recipe)
    if packet:
        info.add_itxt(_XMP_KEY, packet)
    _save(file, sheet, "PNG", pnginfo=info, **({"exif": block} if block else {}))


def _write_jpeg(file: IO[bytes], sheet: _Sheet) -> None:
    block = build_exif(sheet.exif)
    if len(block) > LONGEST_EXIF and sheet.recipe is not None:
        what = f"a recipe of {len(sheet.recipe)} characters is too long for JPEG"
        raise OutputError(what, where=str(sheet.path), remedy="Write a .png, or leave the recipe out.")
    _save(
        file,
        sheet,
        "JPEG",
        quality=sheet.quality,
        subsampling=sheet.settings.subsampling,
        progressive=sheet.settings.progressive,
        extra=photoshop_segment(sheet.kept.iptc) if sheet.kept.iptc else b"",
        **({"exif": b"Exif\0\0" + block} if block else {}),
        **({"xmp": sheet.kept.xmp} if sheet.kept.xmp else {}),
    )


def _write_webp(file: IO[bytes], sheet: _Sheet) -> None:
    # Without "exact" colors under full transparency are lost.
    _save(file, sheet, "WEBP", quality=sheet.quality, exact=True, exif=build_exif(sheet.exif), xmp=sheet.kept.xmp)


def _write_tiff(file: IO[bytes], sheet: _Sheet) -> None:
    kept = sheet.kept
    write_tiff(file, sheet.pixels, profile=sheet.profile, exif=sheet.exif, xmp=kept.xmp, iptc=kept.iptc)


def _write_exr(file: IO[bytes], sheet: _Sheet) -> None:
    packet = sheet.kept.xmp.decode("utf-8", "replace")
    texts = {name: value for name, value in ((PNG_KEY, sheet.recipe), ("xmp", packet)) if value}
    write_exr(Path(file.name), sheet.pixels, exif=sheet.kept.exif, texts=texts)


def _save(file: IO[bytes], sheet: _Sheet, form: str, **options: Any) -> None:
    Image.fromarray(sheet.pixels).save(file, format=form, icc_profile=sheet.profile, **options)


_FORMATS = {
    "PNG": _Format(_write_png, deep=True),
    "JPEG": _Format(_write_jpeg, 65_500, alpha=False),
    "WEBP": _Format(_write_webp, 16_383),
    "TIFF": _Format(_write_tiff, deep=True),
    "EXR": _Format(_write_exr, light=True),
}
