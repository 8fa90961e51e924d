"""Zoom loops, closed in scale: the last frame leads into the first.

Two rounds are rendered. In the second, the frames of the first take over from the point that the camera zooms to: the
border between the two moves outward with the zoom, so it stays at the same place of the scene, and has left the picture
when the round ends. What is seen there is then the first round's last frame, which is the second round's first.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dreamer.errors import PresetError
from dreamer.presets.timeline.easings import smoothstep

SMALLEST_ZOOM = 3.0
# Width of the soft border in natural logarithms of the radius, and the share of the round in which it comes in.
_SOFT, _FADE = 0.7, 0.25


def check_zoom(total: float) -> None:
    """Raise PresetError unless a round that zooms by the factor `total` can be closed."""
    if max(total, 1 / total) < SMALLEST_ZOOM:
        raise PresetError(
            [f"animation.loop: a zoom loop needs a zoom of {SMALLEST_ZOOM:g} in all, and this one has {total:.3g}"],
            remedy="Raise animation.zoom or animation.length.",
        )


def closing_mask(remaining: float, total: float, image: Tensor, center: tuple[float, float]) -> Tensor:
    """(1, 1, H, W) share of the first round's frame in a frame of the second.

    `remaining` and `total`: natural logarithms of the zoom that is still to come in this round, and of all of it.
    `center`: x and y that the zoom leaves in place, as shares of the picture.
    """
    height, width = image.shape[-2:]
    x = (torch.arange(width, device=image.device) + 0.5 - center[0] * width).view(1, -1)
    y = (torch.arange(height, device=image.device) + 0.5 - center[1] * height).view(-1, 1)
    radius = torch.sqrt(x * x + y * y)
    soft = min(_SOFT, total / 3)
    depth = torch.log(radius / radius.max() + 1e-9)
    inside = smoothstep(((soft - remaining - depth) / soft).clamp(0, 1))
    coming = min(1.0, (1 - remaining / total) / _FADE)
    return (inside * smoothstep(coming)).view(1, 1, height, width)
