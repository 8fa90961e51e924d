"""The pictures that a preset names: guides, styles and masks."""

from __future__ import annotations

from collections.abc import Collection

from torch import Tensor

from dreamer.pictures.read import read_picture
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.lookup import resolve_picture
from dreamer.presets.source.named_files import named_pictures


def preset_pictures(preset: Preset, *, apart_from: Collection[str] = ()) -> dict[str, Tensor]:
    """Guide, style and mask pictures that a preset names, (1, 3, h, w) float32 in [0, 1], sRGB, by the text that names
    them, but for those of `apart_from`. Raises PictureError for one that cannot be read."""
    texts = [text for text in named_pictures(preset) if text not in apart_from]
    return {text: read_picture(resolve_picture(text)).pixels.unsqueeze(0) for text in texts}
