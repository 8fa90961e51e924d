"""Dreams that came out nearly gray: told, because nothing else says that regularizers were too strong."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from dreamer.dreaming.events import DreamWarning, Warned
from dreamer.dreaming.normalization import SIZES
from dreamer.presets.model.schema import Preset

# Below this deviation, about 4 of 255 steps, shapes can hardly be seen; a faint portrait on gray has 0.03.
LEAST_DEVIATION = 0.015
# What pulls a picture towards one even color, by table. Over a photo the ascent's settings lead back to the photo.
_FLATTENING = {
    "ascent": ("decay", "blur", "clip_small_norm", "clip_small_contribution"),
    "penalties": ("color", "edges", "total_variation", "l2"),
}


def nearly_gray(preset: Preset, picture: Tensor, photo: Tensor | None, told: Collection[int] = ()) -> Warned | None:
    """A warning about the pictures of (B, 3, H, W) in [0, 1] that show next to nothing; None where there are none.

    Decided by the standard deviation over the pixels, a mean over the channels, so that any even color counts. A
    picture whose `photo`, of the same shape, was as even already is left out, and those of the numbers `told`, of which
    a better reason is known.
    """
    flat = deviations(picture) < LEAST_DEVIATION
    if photo is not None:
        flat &= deviations(photo) >= LEAST_DEVIATION
    numbers = tuple(number for number, even in enumerate(flat.tolist()) if even and number not in told)
    return (
        Warned(DreamWarning("nearly_gray", _message(preset, over_photo=photo is not None)), numbers)
        if numbers
        else None
    )


def deviations(picture: Tensor) -> Tensor:
    """(B,) standard deviation over the pixels of (B, 3, H, W), a mean over the channels."""
    return torch.stack([SIZES["std"](channel) for channel in picture.unbind(1)], 1).mean(1)


def _message(preset: Preset, *, over_photo: bool) -> str:
    settings = _flattening_settings(preset, ("penalties",) if over_photo else tuple(_FLATTENING))
    if settings:
        return f"nearly gray: what holds the dream back outweighs its target; lower {' or '.join(settings)}"
    return "nearly gray: the steps have hardly changed the canvas; try a larger ascent.step_size or more octaves.steps"


def _flattening_settings(preset: Preset, tables: tuple[str, ...]) -> list[str]:
    """Key paths of the settings that flatten a picture and that the preset uses."""
    used = []
    for name in tables:
        table = getattr(preset, name)
        fields = type(table).model_fields
        used += [f"{name}.{key}" for key in _FLATTENING[name] if getattr(table, key) != fields[key].default]
    return used
