"""Faces in a photo, by the detector of OpenCV 4."""

from __future__ import annotations

import importlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dreamer.dreaming.filters import luma, resized
from dreamer.errors import ToolError
from dreamer.presets.timeline.easings import smoothstep

# The detector's box runs from brow to chin; a head is this much larger, and a little higher up.
WIDER, TALLER, HIGHER = 1.3, 1.65, 0.06
# The soft edge, from what is kept whole outward, in shares of a head's half.
FEATHER = 0.35
# Smallest face, a share of the shorter side, and how many overlapping finds confirm one.
_SMALLEST, _CONFIRMED = 0.04, 5
# Smaller photos are enlarged to this shorter side, for the detector knows no faces below 20 px.
_LEAST_SIDE = 400
_CASCADE = "haarcascade_frontalface_alt2.xml"


class Face(NamedTuple):
    """The box of a face, in px."""

    left: int
    top: int
    width: int
    height: int


def faces_in(photo: Tensor) -> list[Face]:
    """The faces that look out of (1, 3, H, W) in [0, 1], from left to right.

    Viola & Jones 2004, "Robust real-time face detection". Raises ToolError without OpenCV 4.
    """
    detector = _detector()
    height, width = photo.shape[-2:]
    factor = max(1.0, _LEAST_SIDE / min(height, width))
    enlarged = resized(photo, round(height * factor), round(width * factor)).clamp(0, 1)
    gray: np.ndarray = (luma(enlarged)[0, 0] * 255).round().to(torch.uint8).cpu().numpy()
    smallest = max(20, round(_SMALLEST * min(gray.shape)))
    boxes = detector.detectMultiScale(gray, 1.1, _CONFIRMED, minSize=(smallest, smallest))
    return sorted(Face(*(round(float(side) / factor) for side in box)) for box in boxes)


def face_area(photo: Tensor) -> Tensor:
    """(1, 1, H, W) in [0, 1] for (1, 3, H, W): 1 on the heads of all faces, falling softly around them.

    Raises ToolError without OpenCV 4.
    """
    height, width = photo.shape[-2:]
    area = torch.zeros(1, 1, height, width)
    y, x = (torch.arange(height) + 0.5).view(-1, 1), (torch.arange(width) + 0.5).view(1, -1)
    for face in faces_in(photo):
        across = (x - face.left - face.width / 2) / (WIDER * face.width / 2)
        down = (y - face.top - (0.5 - HIGHER) * face.height) / (TALLER * face.height / 2)
        outside = (torch.sqrt(across.square() + down.square()) - 1) / FEATHER
        area = torch.maximum(area, smoothstep((1 - outside).clamp(0, 1)))
    return area


@lru_cache(maxsize=1)
def _detector() -> Any:
    remedy = "Install it with: pip install 'dreamer[faces]'"
    try:
        cv2: Any = importlib.import_module("cv2")
    except ImportError as error:
        raise ToolError('protect = "faces" needs OpenCV', remedy=remedy) from error
    if not hasattr(cv2, "CascadeClassifier"):
        raise ToolError(f"OpenCV {cv2.__version__} has no face detector any more, OpenCV 4 has one", remedy=remedy)
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / _CASCADE))
