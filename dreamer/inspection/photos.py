"""Photos as the tools of this room take them, with the name that figures print below them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.inspection.heatmaps import to_image
from dreamer.networks import Network
from dreamer.pictures import read_picture


@dataclass(frozen=True)
class Photo:
    """`source`: where it comes from, such as a path. `pixels`: (1, 3, H, W) float32 in [0, 1], sRGB."""

    source: str
    pixels: Tensor

    @property
    def name(self) -> str:
        """The last part of its source."""
        return Path(self.source).name

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in px."""
        return self.pixels.shape[2], self.pixels.shape[3]

    def image(self) -> Image.Image:
        """It as 8-bit RGB."""
        return to_image(self.pixels[0])


def own_input(network: Network, layer: str, photo: Tensor) -> Tensor:
    """A photo (1, 3, H, W) as the network takes it for a layer: as it is, where the layer has maps.

    A fully connected layer was trained on squares of one size, and expects them: its picture is the largest square in
    the photo's middle, scaled to the network's own input size.
    """
    if not network.is_fully_connected(layer):
        return photo
    top, left, bottom, right = middle_square(photo.shape[2], photo.shape[3])
    return resized(photo[:, :, top:bottom, left:right], network.input_side, network.input_side).clamp(0, 1)


def middle_square(height: int, width: int) -> tuple[int, int, int, int]:
    """Top, left, bottom, right in px of the largest square in the middle of a picture."""
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return top, left, top + side, left + side


def read_photo(
    path: Path, *, size: int | None = None, enlarge: bool = False, device: torch.device | str = "cpu"
) -> Photo:
    """Read a photo, scaled down to at most `size` px on its longest side, or `enlarge`d to it. Raises PictureError."""
    pixels = read_picture(path, fit=size).pixels.unsqueeze(0)
    height, width = pixels.shape[-2:]
    if size is not None and (max(height, width) > size or enlarge):
        factor = size / max(height, width)
        pixels = resized(pixels, max(1, round(height * factor)), max(1, round(width * factor))).clamp(0, 1)
    return Photo(str(path), pixels.to(device))
