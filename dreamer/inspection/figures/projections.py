"""Activations projected back to a photo, as pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.deconvolution import Projection
from dreamer.inspection.heatmaps import heat_tile, signed_tile, to_image
from dreamer.inspection.photos import Photo
from dreamer.inspection.tracing import KernelTrace


def draw_projections(projections: Sequence[Projection], photo: Photo, network: str) -> Image.Image:
    """Each projection beside the patch of the photo that it comes from."""
    tiles = []
    for projection in projections:
        top, left, bottom, right = projection.box if projection.box[2] else (0, 0, *photo.pixels.shape[-2:])
        crop = (slice(None), slice(top, bottom), slice(left, right))
        label = f"{projection.layer} {projection.kernel}\nactivation {projection.strength:.3g}"
        tiles.append(signed_tile(projection.picture[crop], label))
        tiles.append(SheetTile(to_image(photo.pixels[0][crop]), "its patch"))
    title = f"{network}, {projections[0].layer} on {photo.name}: deconvnet"
    return contact_sheet(tiles, columns=6, side=160, title=title)


def draw_traces(traces: Sequence[KernelTrace], photo: Photo, network: str) -> Image.Image:
    """A row for each trace: heat map, box and silhouette."""
    pixels = photo.pixels[0].cpu()
    tiles: list[SheetTile] = []
    for trace in traces:
        top, left, bottom, right = trace.box
        boxed = to_image(pixels)
        ImageDraw.Draw(boxed).rectangle((left, top, right - 1, bottom - 1), outline="#ffd23f", width=2)
        tiles += [
            heat_tile(trace.heat, f"{trace.layer} {trace.kernel}\nshare of the hottest pixel", photo=pixels),
            SheetTile(boxed, f"box {left}, {top} to {right}, {bottom}"),
            SheetTile(to_image(pixels * (0.12 + 0.88 * trace.mask)), "silhouette"),
        ]
    title = f"{network}, {traces[0].layer} on {photo.name}: traced back"
    return contact_sheet(tiles, columns=3, side=280, title=title)


def draw_silhouette(trace: KernelTrace, size: tuple[int, int]) -> Image.Image:
    """A trace's silhouette as a gray picture of (width, height), for a preset's `canvas.mask.picture`."""
    return to_image(trace.mask.expand(3, -1, -1)).convert("L").resize(size)
