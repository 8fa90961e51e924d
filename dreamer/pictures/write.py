"""Tensors to picture files, with an sRGB profile and the recipe inside, and nothing else about the input."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from dreamer.atomic import atomic_write
from dreamer.errors import OutputError
from dreamer.pictures.color import srgb_profile
from dreamer.pictures.names import output_format
from dreamer.pictures.recipes import exif_comment, png_text, tiff_comment


@dataclass(frozen=True)
class _Format:
    """`embed`: the options of Pillow that put a recipe inside; `options`: those that are always given."""

    name: str
    max_side: int
    embed: Callable[[str], dict[str, Any]]
    options: Mapping[str, Any] = field(default_factory=dict)
    alpha: bool = True
    lossy: bool = False


def _embed_exif(recipe: str) -> dict[str, Any]:
    return {"exif": exif_comment(recipe)}


_FORMATS = {
    "PNG": _Format("PNG", 2**31 - 1, lambda recipe: {"pnginfo": png_text(recipe)}),
    "JPEG": _Format("JPEG", 65_500, _embed_exif, {"subsampling": "4:4:4"}, alpha=False, lossy=True),
    # Without "exact" colors under full transparency are lost.
    "WEBP": _Format("WEBP", 16_383, _embed_exif, {"exact": True}, lossy=True),
    "TIFF": _Format(
        "TIFF", 2**31 - 1, lambda recipe: {"tiffinfo": tiff_comment(recipe)}, {"compression": "tiff_adobe_deflate"}
    ),
}
# A JPEG segment counts its length in 16 bits; Pillow's EXIF frame takes some of them.
_MAX_JPEG_EXIF = 65_533


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
    The same arguments give the same bytes. The file is there whole or not at all; its folders are made.
    Raises OutputError for other suffixes, for what the format cannot hold, and where the file cannot be written.
    """
    path = Path(path)
    form = _FORMATS[output_format(path)]
    height, width = pixels.shape[-2:]
    if max(height, width) > form.max_side:
        what = f"{width} x {height} px is too large for {form.name}, which holds up to {form.max_side} px a side"
        raise OutputError(what, where=str(path), remedy="Write a .png, or a smaller picture.")
    image = _to_image(path, pixels, alpha if form.alpha else None)
    options = _save_options(path, form, recipe, quality)
    with atomic_write(path) as file:
        image.save(file, **options)


def _to_image(path: Path, pixels: Tensor, alpha: Tensor | None) -> Image.Image:
    channels = pixels if alpha is None else torch.cat([pixels, alpha.to(pixels)])
    values = channels.detach().to("cpu", torch.float32)
    if not torch.isfinite(values).all():
        remedy = "The dream ran away: lower the step size."
        raise OutputError("the picture holds values that are not numbers", where=str(path), remedy=remedy)
    values = (values.clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(values.permute(1, 2, 0).contiguous().numpy())


def _save_options(path: Path, form: _Format, recipe: str | None, quality: int) -> dict[str, Any]:
    options = {"format": form.name, "icc_profile": srgb_profile(), **form.options}
    if form.lossy:
        options["quality"] = quality
    if recipe is not None:
        options |= form.embed(recipe)
    if form.name == "JPEG" and recipe is not None and len(options["exif"].tobytes()) > _MAX_JPEG_EXIF:
        what = f"a recipe of {len(recipe)} characters is too long for JPEG"
        raise OutputError(what, where=str(path), remedy="Write a .png, or leave the recipe out.")
    return options
