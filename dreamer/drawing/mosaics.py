"""Many small pictures of one size as one."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from PIL import Image, ImageDraw

from dreamer.drawing.style import BACKGROUND, MARK


def mosaic(
    pictures: np.ndarray, *, columns: int | None = None, zoom: int = 1, gap: int = 1, marked: Collection[int] = ()
) -> Image.Image:
    """Pictures (N, h, w, 3) in [0, 1] in rows of `columns`, `gap` px apart; RGB. By default about a square.

    `zoom`: px for each of their pixels. `marked`: numbers of those that get a frame.
    """
    columns = min(columns or math.ceil(math.sqrt(len(pictures))), len(pictures))
    enlarged = np.round(pictures * 255).astype(np.uint8).repeat(zoom, axis=1).repeat(zoom, axis=2)
    height, width = enlarged.shape[1:3]
    rows = math.ceil(len(pictures) / columns)
    image = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), BACKGROUND)
    draw = ImageDraw.Draw(image)
    for number, picture in enumerate(enlarged):
        row, column = divmod(number, columns)
        left, top = column * (width + gap), row * (height + gap)
        image.paste(Image.fromarray(picture), (left, top))
        if number in marked:
            draw.rectangle((left, top, left + width - 1, top + height - 1), outline=MARK, width=2)
    return image
