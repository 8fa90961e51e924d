"""The sizes of a dream: what is asked for, what the network sees at each octave, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from dreamer.dreaming.events import DreamWarning
from dreamer.dreaming.filters import resized
from dreamer.dreaming.octaves import octave_sizes, output_size
from dreamer.dreaming.protocols import Cut
from dreamer.dreaming.strips import copied, is_large, updated
from dreamer.dreaming.wrapping import joined_up, mirrored
from dreamer.presets.model.canvas import FLAT, Wraps
from dreamer.presets.model.schema import Preset

# Octaves that wrap can be halved as often as the preset has Laplacian bands, but no more than this.
_MOST_HALVINGS = 6

Size = tuple[int, int]


@dataclass(frozen=True)
class Extent:
    """Sizes in px, each (height, width): what was `asked` for, each of the `octaves`, and the `output`.

    A side that is too short for the network is dreamt with its mirror image around it, and the output is the middle of
    the last octave. A side that wraps is whole: a multiple of the network's stride.
    """

    asked: Size
    octaves: list[Size]
    output: Size
    wraps: Wraps

    def start(self, photo: Tensor) -> Tensor:
        """The photo, (B, 3, h, w) in [0, 1], at the size of the last octave."""
        whole = mirrored(filled(photo, *self.output, self.wraps), *self.octaves[-1])
        return joined_up(whole, self.wraps).clamp(0, 1) if any(self.wraps) else whole

    def placed(self, draw: Callable[[int, int], Tensor], height: int, width: int) -> Tensor:
        """A mask of the output, which `draw` draws at any size, (B, 1, height, width), as it lies in an octave."""
        return mirrored(draw(*self._inner(height, width)), height, width)

    def seen(self, picture: Tensor) -> Tensor:
        """What comes out of the picture of an octave: all of it but the mirror images around it."""
        return middle(picture, *self._inner(picture.shape[2], picture.shape[3]))

    def _inner(self, height: int, width: int) -> Size:
        rows, columns = (
            max(1, round(side * kept / whole))
            for side, kept, whole in zip((height, width), self.output, self.octaves[-1], strict=True)
        )
        return rows, columns

    @property
    def warning(self) -> DreamWarning | None:
        """That another size comes out than was asked for."""
        if self.output == self.asked:
            return None
        (height, width), (asked_height, asked_width) = self.output, self.asked
        return DreamWarning(
            "rounded_size",
            f"{width} x {height} px in place of {asked_width} x {asked_height}: a side without a seam is a multiple of "
            "the network's stride",
        )


def extent_of(preset: Preset, photo: Size | None, cut: Cut) -> Extent:
    """The extent of a dream over a photo of (height, width), or without one. `cut`: the network of all octaves."""
    wraps, asked = preset.canvas.wraps, output_size(preset, photo)
    cell = max(cut.stride, 2 ** min(preset.ascent.bands, _MOST_HALVINGS))
    grid = (cell if wraps[0] else 1, cell if wraps[1] else 1)
    octaves = octave_sizes(asked, preset.octaves, cut.smallest, grid)
    height, width = (whole if wrap else side for side, whole, wrap in zip(asked, octaves[-1], wraps, strict=True))
    return Extent(asked, octaves, (height, width), wraps)


def filled(photo: Tensor, height: int, width: int, wraps: Wraps = FLAT) -> Tensor:
    """`covering`, held in [0, 1]."""
    covered = covering(photo, height, width, wraps)
    if not is_large(covered):
        return covered.clamp(0, 1)
    is_the_photos = covered.untyped_storage().data_ptr() == photo.untyped_storage().data_ptr()
    if is_the_photos and covered.is_contiguous() and _is_within(covered):
        return covered
    own = copied(covered) if is_the_photos or not covered.is_contiguous() else covered
    return updated(own, lambda part: part.clamp(0, 1))


def covering(photo: Tensor, height: int, width: int, wraps: Wraps = FLAT) -> Tensor:
    """Scale (B, C, h, w) of any values to cover height x width and crop the middle; an axis that wraps stays whole."""
    factor = max(height / photo.shape[2], width / photo.shape[3])
    rows = height if wraps[0] else max(height, round(photo.shape[2] * factor))
    columns = width if wraps[1] else max(width, round(photo.shape[3] * factor))
    return middle(resized(photo, rows, columns, wraps), height, width)


def _is_within(image: Tensor) -> bool:
    low, high = image.aminmax()
    return bool(low >= 0 and high <= 1)


def middle(image: Tensor, height: int, width: int) -> Tensor:
    """The middle height x width px of (B, C, H, W)."""
    top, left = (image.shape[2] - height) // 2, (image.shape[3] - width) // 2
    return image[:, :, top : top + height, left : left + width]
