"""Tensors to picture files: sRGB profile and recipe inside, nothing else about the input, whole files only."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from dreamer.atomic import atomic_write
from dreamer.errors import OutputError, did_you_mean
from dreamer.pictures.color import srgb_profile
from dreamer.pictures.recipes import exif_comment, png_text, tiff_comment


@dataclass(frozen=True)
class _Format:
    name: str
    max_side: int
    alpha: bool = True
    lossy: bool = False


_PNG = _Format("PNG", max_side=2**31 - 1)
_JPEG = _Format("JPEG", max_side=65_500, alpha=False, lossy=True)
_WEBP = _Format("WEBP", max_side=16_383, lossy=True)
_TIFF = _Format("TIFF", max_side=2**31 - 1)
_FORMATS = {".png": _PNG, ".jpg": _JPEG, ".jpeg": _JPEG, ".webp": _WEBP, ".tif": _TIFF, ".tiff": _TIFF}
# A JPEG segment counts its length in 16 bits; Pillow's EXIF frame takes some of them.
_MAX_JPEG_EXIF = 65_533

_RECIPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "PNG": lambda recipe: {"pnginfo": png_text(recipe)},
    "JPEG": lambda recipe: {"exif": exif_comment(recipe)},
    "WEBP": lambda recipe: {"exif": exif_comment(recipe)},
    "TIFF": lambda recipe: {"tiffinfo": tiff_comment(recipe)},
}

WRITABLE = tuple(_FORMATS)
"""Suffixes of the picture formats that can be written."""


def output_format(path: str | os.PathLike[str]) -> str:
    """The format that a path's suffix asks for: PNG, JPEG, WEBP or TIFF. Raises OutputError for any other suffix."""
    return _format(Path(path)).name


def write_picture(
    path: str | os.PathLike[str],
    pixels: Tensor,
    *,
    alpha: Tensor | None = None,
    recipe: str | None = None,
    quality: int = 95,
) -> None:
    """Write a picture in the format of its suffix, with an sRGB profile and the recipe inside.

    `pixels`: (3, H, W) float in [0, 1], sRGB, on any device; rounded to the nearest of 256 values. `alpha`: (1, H, W)
    float in [0, 1]; JPEG has no room for it and keeps the colors alone. `quality`: of JPEG (4:4:4) and WebP, 1 to 100.
    The same arguments give the same bytes. The file is written beside its place and renamed, so that it is there whole
    or not at all; its folders are made. Raises OutputError where that cannot be done.
    """
    path = Path(path)
    form = _format(path)
    height, width = pixels.shape[-2:]
    if max(height, width) > form.max_side:
        what = f"{width} x {height} px is too large for {form.name}, which holds up to {form.max_side} px a side"
        raise OutputError(what, where=str(path), remedy="Write a .png, or a smaller picture.")
    image = _to_image(path, pixels, alpha if form.alpha else None)
    options = _save_options(path, form, recipe, quality)
    with atomic_write(path) as file:
        image.save(file, **options)


def _format(path: Path) -> _Format:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        what = f"{path.suffix!r} is not a format that can be written" if suffix else "the name has no suffix"
        known = f"Formats are {', '.join(WRITABLE)}."
        raise OutputError(what, where=str(path), remedy=" ".join(filter(None, (did_you_mean(suffix, WRITABLE), known))))
    return _FORMATS[suffix]


def _to_image(path: Path, pixels: Tensor, alpha: Tensor | None) -> Image.Image:
    channels = pixels if alpha is None else torch.cat([pixels, alpha.to(pixels)])
    values = channels.detach().to("cpu", torch.float32)
    if not torch.isfinite(values).all():
        remedy = "The dream ran away: lower the step size."
        raise OutputError("the picture holds values that are not numbers", where=str(path), remedy=remedy)
    values = (values.clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(values.permute(1, 2, 0).contiguous().numpy())


def _save_options(path: Path, form: _Format, recipe: str | None, quality: int) -> dict[str, Any]:
    options: dict[str, Any] = {"format": form.name, "icc_profile": srgb_profile()}
    if form.lossy:
        options |= {"quality": quality}
    if form is _JPEG:
        options |= {"subsampling": "4:4:4"}
    if form is _WEBP:
        options |= {"exact": True}  # else colors under full transparency are lost
    if form is _TIFF:
        options |= {"compression": "tiff_adobe_deflate"}
    if recipe is not None:
        options |= _RECIPES[form.name](recipe)
    if form is _JPEG and recipe is not None and len(options["exif"].tobytes()) > _MAX_JPEG_EXIF:
        what = f"a recipe of {len(recipe)} characters is too long for JPEG"
        raise OutputError(what, where=str(path), remedy="Write a .png, or leave the recipe out.")
    return options
