"""RAFT: a network that estimates the optical flow between two pictures, by torchvision.

Teed & Deng 2020, "RAFT: recurrent all-pairs field transforms for optical flow".
"""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.optical_flow import Raft_Small_Weights, raft_small

from dreamer.networks.catalog import CatalogEntry
from dreamer.networks.download import DownloadListener, cached_weights
from dreamer.networks.state_files import read_state

STRIDE, SMALLEST = 8, 128


def raft_entry() -> CatalogEntry:
    """Where the weights of the small RAFT are."""
    weights = Raft_Small_Weights.DEFAULT
    digest = re.search(r"-([0-9a-f]{8,})\.", weights.url)
    return CatalogEntry(
        "raft_small", weights.url, digest[1] if digest else "", weights.meta["_file_size"], weights.meta["num_params"],
        SMALLEST, (), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5),
    )  # fmt: skip


def load_raft(device: torch.device, *, listen: DownloadListener | None = None) -> Callable[[Tensor, Tensor], Tensor]:
    """A function of two pictures, (1, 3, H, W) in [0, 1], to the flow from the first to the second: (1, 2, H, W) in px.

    The weights are downloaded to torch's cache once. Raises WeightsError without a connection.
    """
    model = raft_small(weights=None)
    model.load_state_dict(read_state(cached_weights(raft_entry(), listen=listen)))
    return flow_search(model.eval().requires_grad_(False).to(device))


def flow_search(model: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """The function of `load_raft` for a model that is loaded already."""

    def search(one: Tensor, other: Tensor) -> Tensor:
        height, width = one.shape[-2:]
        bottom, right = _missing(height), _missing(width)
        pair = [F.pad(picture, (0, right, 0, bottom), mode="replicate") * 2 - 1 for picture in (one, other)]
        with torch.no_grad():
            flow: Tensor = model(*pair)[-1]
        return flow[:, :, :height, :width].float()

    return search


def _missing(side: int) -> int:
    """How many px a side lacks to be one that the network takes."""
    return max(SMALLEST, -(-side // STRIDE) * STRIDE) - side
