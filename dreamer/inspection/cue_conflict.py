"""Whether a network classifies by texture or by shape: a photo with the texture of another."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dreamer.inspection.portraits import restyle
from dreamer.inspection.scoring import predicted_class, probabilities
from dreamer.networks import Network


@dataclass(frozen=True)
class CueConflict:
    """A photo with the texture of another picture. `restyled`: (1, 3, H, W) in [0, 1].

    `shape_class` is that of the photo, `texture_class` that of the style, `predicted_class` that of both together;
    with the probabilities of the first two in `restyled`. `strength`: how much of its own shape the photo gave up.
    """

    restyled: Tensor
    shape_class: int
    texture_class: int
    predicted_class: int
    shape_probability: float
    texture_probability: float
    strength: float = 1.0


def cue_conflict(
    network: Network,
    photo: Tensor,
    style: str,
    style_photo: Tensor,
    *,
    size: int | None = None,
    strength: float = 1.0,
) -> CueConflict:
    """Give (1, 3, H, W) in [0, 1] the texture of the picture at `style`, and see whether shape or texture wins.

    `style_photo`: that picture, (1, 3, h, w), for its class. `size`: longest side of the restyled photo in px.
    `strength`: of the texture against the photo's own features; at 1 little of its shape is left, at 0.25 nearly all.
    Geirhos et al. 2019, "ImageNet-trained CNNs are biased towards texture".
    """
    restyled = restyle(network, photo, style, size=size, strength=strength)
    shape, texture = (predicted_class(network, image) for image in (photo, style_photo))
    after = probabilities(network, restyled)[0]
    probable = int(after.argmax())
    return CueConflict(restyled, shape, texture, probable, float(after[shape]), float(after[texture]), strength)
