"""Stills that show several pictures: the photo beside its dream, and the same dream from several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.dreaming.extent import covering
from dreamer.jobs.stills import Still
from dreamer.pictures import Picture
from dreamer.presets.model.canvas import Wraps

SIDE = 320  # px, of a variant on its sheet
# A picture this many times as wide as high is shown below its photo, others on the right of it.
WIDE = 2.0
GAP, PAPER = 0.01, 0.98  # share of the longer side; its gray


def compared(still: Still, photo: Picture, wraps: Wraps) -> Still:
    """A still with its photo before it, scaled and cropped as it was for the dream: side by side, or, where they are
    wide, one below the other."""
    height, width = still.pixels.shape[1:]
    before = covering(photo.pixels.unsqueeze(0), height, width, wraps)[0].clamp(0, 1)
    dim = 1 if width > WIDE * height else 2
    alpha = None
    if still.alpha is not None and photo.alpha is not None:
        own = covering(photo.alpha.unsqueeze(0), height, width, wraps)[0].clamp(0, 1)
        alpha = _beside(own, still.alpha, dim, 1.0)
    beyond = None
    if still.beyond is not None and photo.beyond is not None:
        beyond = _beside(covering(photo.beyond.unsqueeze(0), height, width, wraps)[0], still.beyond, dim, 0.0)
    return replace(still, pixels=_beside(before, still.pixels, dim, PAPER), alpha=alpha, beyond=beyond)


def _beside(before: Tensor, after: Tensor, dim: int, between: float) -> Tensor:
    sides = list(after.shape)
    sides[dim] = max(2, round(GAP * max(after.shape[1:])))
    return torch.cat([before, torch.full(sides, between), after], dim)


def variants_sheet(stills: Sequence[Still], first_seed: int) -> Still:
    """A sheet of stills by their seeds, the first one's and those after it, which says how to render one of them."""
    tiles = [SheetTile(still.image(), f"--seed {first_seed + number}") for number, still in enumerate(stills)]
    title = f"To render one, write its --seed in place of --variants {len(stills)}"
    sheet = contact_sheet(tiles, side=SIDE, title=title)
    pixels = torch.from_numpy(np.array(sheet)).permute(2, 0, 1).float() / 255
    warnings = dict.fromkeys(warning for still in stills for warning in still.warnings)
    return Still(pixels, None, warnings=tuple(warnings))
