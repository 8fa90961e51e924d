"""Where a preset's mask lets a photo be dreamt on, as it is drawn for people."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dreamer.dreaming.masks import draw_canvas_mask
from dreamer.finding.areas import find_areas
from dreamer.networks import Network
from dreamer.pictures.named import preset_pictures
from dreamer.presets.model.canvas import Canvas
from dreamer.presets.model.schema import Preset, Target
from dreamer.presets.source.named_files import wanted_areas


@dataclass(frozen=True, eq=False)
class DrawnMask:
    """`mask`: (1, 1, H, W) in [0, 1]. `share`: of the photo that may be dreamt on. `box`: left, top, right, bottom in
    px of what is more than half inside; None where nothing is."""

    mask: Tensor
    share: float
    box: tuple[int, int, int, int] | None


def mask_over(canvas: Canvas, network: Network, photo: Tensor) -> DrawnMask:
    """The mask of a canvas over (1, 3, H, W) in [0, 1], with what it protects taken out.

    Raises the errors of `find_areas`, and PictureError for a mask's picture that cannot be read.
    """
    height, width = photo.shape[-2:]
    preset = Preset(canvas=canvas, targets=(Target.model_validate({"class": 0}),))
    areas = find_areas(wanted_areas(preset), network, photo)
    mask = draw_canvas_mask(canvas, height, width, preset_pictures(preset), areas).cpu()
    return DrawnMask(mask, float(mask.mean()), _box(mask[0, 0] > 0.5))


def _box(inside: Tensor) -> tuple[int, int, int, int] | None:
    rows, columns = torch.nonzero(inside.any(1)).flatten(), torch.nonzero(inside.any(0)).flatten()
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
