"""Masks with soft edges: where the dream, or a single target, may paint."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.events import DreamWarning, Warned
from dreamer.dreaming.extent import Extent, filled
from dreamer.dreaming.filters import gaussian_blur, resized
from dreamer.errors import PresetError
from dreamer.presets.model.canvas import FACES, Canvas, Mask, Wraps
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.named_files import wanted_areas
from dreamer.presets.timeline.easings import smoothstep

# A mask that reaches far is grown on a coarser grid: its edge is no longer one of the photo's.
FINEST_REACH = 16


def draw_mask(
    mask: Mask, height: int, width: int, pictures: Mapping[str, Tensor], areas: Mapping[str, Tensor]
) -> Tensor:
    """(B, 1, height, width) float in [0, 1]: 1 where the dream may paint. B is 1, or that of the area.

    `pictures` holds a (1, 3, h, w) picture in [0, 1] for each path that presets name, `areas` (B, 1, h, w) in [0, 1]
    for each name of what presets let find in the photos.
    """
    shorter = min(height, width)
    feather, reach = mask.softness * shorter, mask.grow * shorter
    if mask.shape is not None:
        drawn = _shape(mask, height, width, feather, reach)
    else:
        given = pictures[mask.picture].mean(1, keepdim=True) if mask.picture is not None else areas[mask.area or ""]
        drawn = gaussian_blur(grown(resized(given, height, width).clamp(0, 1), reach), feather / 4)
    return 1 - drawn if mask.invert else drawn


def draw_canvas_mask(
    canvas: Canvas, height: int, width: int, pictures: Mapping[str, Tensor], areas: Mapping[str, Tensor]
) -> Tensor:
    """Where the whole dream may paint, as `draw_mask`: the canvas' mask without what it protects."""
    mask = (
        torch.ones(1, 1, height, width)
        if canvas.mask is None
        else draw_mask(canvas.mask, height, width, pictures, areas)
    )
    if canvas.protect is None:
        return mask
    free = 1 - resized(areas[FACES], height, width).clamp(0, 1)
    return mask.to(free.device) * free


@dataclass(frozen=True, eq=False)
class MaskPlacement:
    """Draws a preset's masks as they lie in an octave, on a device. `pictures`, `areas`: as for `draw_mask`."""

    extent: Extent
    pictures: Mapping[str, Tensor]
    areas: Mapping[str, Tensor]
    device: torch.device

    def of(self, mask: Mask | None, height: int, width: int) -> Tensor | None:
        """Where a target may paint in an octave of height x width px; None: everywhere."""
        if mask is None:
            return None
        given = self.pictures, self.areas
        return self._placed(lambda rows, columns: draw_mask(mask, rows, columns, *given), height, width)

    def of_canvas(self, canvas: Canvas, height: int, width: int) -> Tensor | None:
        """The same for the whole dream."""
        if canvas.mask is None and canvas.protect is None:
            return None
        given = self.pictures, self.areas
        return self._placed(lambda rows, columns: draw_canvas_mask(canvas, rows, columns, *given), height, width)

    def _placed(self, draw: Callable[[int, int], Tensor], height: int, width: int) -> Tensor:
        return self.extent.placed(draw, height, width).to(self.device)


def cropped(area: Tensor, height: int, width: int, wraps: Wraps) -> Tensor:
    """An area, (B, 1, h, w), of what is shown of its photo on a canvas of height x width, at no more than its size."""
    factor = min(1.0, max(area.shape[-2:]) / max(height, width))
    return filled(area, max(1, round(height * factor)), max(1, round(width * factor)), wraps)


def check_areas(preset: Preset, areas: Mapping[str, Tensor]) -> None:
    """Raise PresetError where the preset lets find what is not among `areas`."""
    missing = [name for name in wanted_areas(preset) if name not in areas]
    if missing:
        remedy = "Give a picture, or masks by shape or picture."
        raise PresetError([f"a mask wants {name!r} found, but there is no photo" for name in missing], remedy=remedy)


def nothing_found(preset: Preset, areas: Mapping[str, Tensor]) -> Iterator[Warned]:
    """A warning for each mask's area that is empty in some of the photos; that there is no face is none."""
    for name in wanted_areas(preset):
        numbers = tuple(number for number, area in enumerate(areas[name]) if not area.any())
        if numbers and name != FACES:
            message = f"nothing found for the mask {name!r}, which is empty: the network sees none in the photo"
            yield Warned(DreamWarning("nothing_found", message), numbers)


def grown(area: Tensor, reach: float) -> Tensor:
    """(B, 1, H, W) in [0, 1] that reaches `reach` px further in every direction; less far where that is negative."""
    if reach < 0:
        return 1 - grown(1 - area, -reach)
    if reach < 0.5:
        return area
    height, width = area.shape[-2:]
    factor = min(1.0, FINEST_REACH / reach)
    coarse = resized(area, max(1, round(height * factor)), max(1, round(width * factor))).clamp(0, 1)
    radius = math.ceil(reach * factor)
    # The largest value in a disc: of rows, each as wide as the disc is there.
    padded = F.pad(coarse, (radius, radius, radius, radius))
    rows, columns = coarse.shape[-2:]
    largest = coarse
    for offset in range(-radius, radius + 1):
        half = math.floor(math.sqrt((reach * factor) ** 2 - offset**2)) if abs(offset) <= reach * factor else -1
        if half >= 0:
            row = padded[:, :, radius + offset : radius + offset + rows, radius - half : radius + columns + half]
            largest = torch.maximum(largest, F.max_pool2d(row, (1, 2 * half + 1), stride=1))
    return resized(largest, height, width).clamp(0, 1)


def _shape(mask: Mask, height: int, width: int, feather: float, reach: float) -> Tensor:
    x = (torch.arange(width) + 0.5).view(1, -1) - mask.center[0] * width
    y = (torch.arange(height) + 0.5).view(-1, 1) - mask.center[1] * height
    half_x, half_y = max(mask.size[0] * width / 2, 1e-3), max(mask.size[1] * height / 2, 1e-3)
    if mask.shape == "ellipse":
        outside = (torch.sqrt((x / half_x) ** 2 + (y / half_y) ** 2) - 1) * min(half_x, half_y)
    else:
        outside = torch.maximum(x.abs() - half_x, y.abs() - half_y).expand(height, width)
    inside = (0.5 - (outside - reach) / max(feather, 1.0)).clamp(0, 1)
    return smoothstep(inside).view(1, 1, height, width)
