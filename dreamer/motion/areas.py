"""What masks let find in the frames of a film, steady from each to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from dreamer.motion.flow import Flow
from dreamer.presets.model.canvas import FACES
from dreamer.presets.source.named_files import wanted_areas
from dreamer.presets.timeline.keyframes import Timeline

Find = Callable[[Sequence[str], Tensor], dict[str, Tensor]]
"""Names of what is to be found and a frame, (1, 3, H, W) in [0, 1], to an area for each, (1, 1, h, w) in [0, 1]."""

# How much of an area stays from frame to frame: a thing that is missed in one frame is not lost at once.
KEPT = 0.8
# A face that the detector does not see goes on being protected, for about as long.
REMEMBERED = 0.9


def find_nothing(names: Sequence[str], frame: Tensor) -> dict[str, Tensor]:
    """The `Find` of films without masks that want anything found."""
    return {}


def wanted_in_film(timeline: Timeline) -> list[str]:
    """Names of what any frame of a film lets find, each once."""
    return list(dict.fromkeys(name for preset in timeline.presets() for name in wanted_areas(preset)))


def steadied(found: Mapping[str, Tensor], before: Mapping[str, Tensor], flow: Flow) -> dict[str, Tensor]:
    """Areas (1, 1, H, W) found in a frame, with those of the frame before carried along the flow and mixed in."""
    steady = {}
    for name, area in found.items():
        if name not in before:
            steady[name] = area
            continue
        carried = flow.carried(before[name].to(area)).clamp(0, 1)
        if name == FACES:
            steady[name] = torch.maximum(area, REMEMBERED * carried)
        else:
            steady[name] = torch.lerp(area, carried, KEPT * flow.visible)
    return steady
