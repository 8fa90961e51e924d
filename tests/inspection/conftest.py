from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from dreamer.devices import choose_device
from dreamer.networks import Network, load_network
from dreamer.networks.pocket import BasicConv2d
from dreamer.networks.weights import LoadedNetwork
from tests.on_device import DEVICE, within


@pytest.fixture(scope="session")
def pocket() -> Network:
    return load_network("pocket", device=str(DEVICE), precision="float32")


@pytest.fixture(scope="session")
def photo(shipped_picture: Tensor) -> Tensor:
    """(1, 3, 96, 128), a photo with something in it everywhere."""
    crop = shipped_picture[:, :, 40:136, 60:188]
    texture = torch.rand((1, 3, 96, 128), generator=torch.Generator().manual_seed(3))
    return (0.7 * crop + 0.3 * texture).contiguous()


class Plain(nn.Module):
    """The untouched network on pictures in [0, 1], as others' tools want it: no module twice, nothing in place."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        import copy

        self.inner = copy.deepcopy(network.module)
        for module in self.inner.modules():
            if isinstance(module, BasicConv2d):
                module.relu = nn.ReLU(inplace=False)
            elif isinstance(module, nn.ReLU):
                module.inplace = False
        ones = torch.zeros(1, 3, 1, 1)
        self.register_buffer("shift", network.normalized(ones))
        self.register_buffer("scale", network.normalized(ones + 1) - network.normalized(ones))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.inner(image * self.scale + self.shift)
        return logits


@pytest.fixture(scope="session")
def plain(pocket: Network) -> Plain:
    return Plain(pocket).to(DEVICE).eval()


def network_of(module: nn.Module) -> Network:
    """A network of a module of one's own."""
    loaded = LoadedNetwork("small", module, ("a", "b"), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), "digest")
    return Network(loaded, choose_device(str(DEVICE), "float32"))


def assert_close(ours: Tensor, theirs: Tensor, relative: float = 1e-4) -> None:
    """Agreement in proportion to the largest value."""
    worst = float((ours - theirs).detach().abs().max() / theirs.detach().abs().max())
    assert worst < within(relative), worst
