"""What the masks of presets let find in photos, by name: the subject, things of a class, faces."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dreamer.dreaming.filters import resized
from dreamer.finding.faces import face_area
from dreamer.finding.things import thing_area
from dreamer.networks import Network
from dreamer.networks.vocabulary import classes_about
from dreamer.presets.model.canvas import FACES, FIND, SUBJECT

# Areas of larger photos are found at this longest side: the edge of a mask is soft on a larger one anyway.
LARGEST = 1024


def find_areas(names: Sequence[str], network: Network, photos: Tensor) -> dict[str, Tensor]:
    """(B, 1, h, w) in [0, 1] for each name, in the shape of the photos, (B, 3, H, W) in [0, 1], but no larger than
    needed. Each photo's is what it would be alone.

    Raises TargetError for words that no class of the network has to do with, ToolError where a detector is missing.
    """
    return {name: torch.cat([_area(name, network, _reduced(photo[None])) for photo in photos]) for name in names}


def classes_to_find(network: Network, words: str) -> list[int]:
    """The classes that words stand for, such as all dogs for "dog". Raises TargetError with the nearest names."""
    return classes_about(words, network.classes) or [network.class_index(words)]


def _area(name: str, network: Network, photo: Tensor) -> Tensor:
    if name == FACES:
        return face_area(photo)
    classes = None if name == SUBJECT else classes_to_find(network, name.removeprefix(FIND).strip())
    return thing_area(network, photo, classes)


def _reduced(photo: Tensor) -> Tensor:
    height, width = photo.shape[-2:]
    factor = min(1.0, LARGEST / max(height, width))
    return resized(photo, max(1, round(height * factor)), max(1, round(width * factor))).clamp(0, 1)
