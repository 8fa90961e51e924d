"""Optical flow between two frames of a film, what it hides and uncovers, and pictures carried along it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.filters import luma
from dreamer.errors import ToolError

# A place is hidden in one of the frames where going there and back ends elsewhere: Sundaram, Brox & Keutzer 2010,
# "Dense point trajectories by GPU-accelerated large displacement optical flow", equation 5.
_RELATIVE, _ABSOLUTE = 0.01, 0.5


@dataclass(frozen=True, eq=False)
class Flow:
    """Where each pixel of a frame was in the one before: `back` (1, 2, H, W) in px (x, y), `visible` (1, 1, H, W)
    0 where it was hidden or outside, else 1."""

    back: Tensor
    visible: Tensor

    def carried(self, image: Tensor) -> Tensor:
        """(1, C, H, W) of the frame before, moved to where its things are now."""
        return _looked_up(image, self.back)


Search = Callable[[Tensor, Tensor], Tensor]
"""Two frames (1, 3, H, W) in [0, 1] to where each pixel of the first is in the second: offsets (1, 2, H, W) in px."""


def dense_inverse_search(one: Tensor, other: Tensor) -> Tensor:
    """A Search by Kroeger et al. 2016, "Fast optical flow using dense inverse search", of OpenCV.

    Raises ToolError without OpenCV.
    """
    try:
        cv2: Any = importlib.import_module("cv2")
    except ImportError as error:
        remedy = "Install it with: pip install 'dreamer[video]'"
        raise ToolError("dreaming over filmed input needs OpenCV", remedy=remedy) from error
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    offsets = search.calc(_gray(one), _gray(other), None)
    return torch.from_numpy(np.ascontiguousarray(offsets.transpose(2, 0, 1))).unsqueeze(0).to(one)


def optical_flow(before: Tensor, now: Tensor, search: Search = dense_inverse_search) -> Flow:
    """The flow between two (1, 3, H, W) frames in [0, 1]. Raises what `search` raises."""
    back, forth = search(now, before), search(before, now)
    there_and_back = back + _looked_up(forth, back)
    lengths = back.square().sum(1, keepdim=True) + _looked_up(forth, back).square().sum(1, keepdim=True)
    closes = there_and_back.square().sum(1, keepdim=True) < _RELATIVE * lengths + _ABSOLUTE
    inside = _looked_up(torch.ones_like(back[:, :1]), back, padding="zeros") > 0.99
    return Flow(back, (closes & inside).to(now.dtype))


def flicker(before: Tensor, now: Tensor, flow: Flow) -> float:
    """Mean absolute difference between a frame and the one before carried along the flow, where both are seen."""
    difference = (now - flow.carried(before)).abs().mean(1, keepdim=True) * flow.visible
    return float(difference.sum() / flow.visible.sum().clamp_min(1))


def _gray(image: Tensor) -> np.ndarray:
    pixels: np.ndarray = (luma(image)[0, 0] * 255).round().to(torch.uint8).cpu().numpy()
    return pixels


def _looked_up(image: Tensor, offset: Tensor, padding: str = "border") -> Tensor:
    """(1, C, H, W) at each pixel's place plus `offset` (1, 2, H, W) in px, bilinear."""
    height, width = image.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=image.device), torch.arange(width, device=image.device), indexing="ij"
    )
    across = (x + offset[:, 0] + 0.5) / width * 2 - 1
    down = (y + offset[:, 1] + 0.5) / height * 2 - 1
    grid = torch.stack([across, down], 3)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode=padding, align_corners=False)
