from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from dreamer.errors import UsageError
from dreamer.inspection.occlusion import occlude, square_positions
from dreamer.networks import Network
from tests.inspection.conftest import network_of
from tests.on_device import within


class BrightLeft(nn.Module):
    """Class 0 is for photos whose left half is brighter than the right."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        halves = self.conv(x).mean(2)
        difference = halves[..., :32].mean(-1) - halves[..., 32:].mean(-1)
        return torch.cat([difference, -difference], 1)


def test_it_agrees_with_a_plain_loop(pocket: Network, photo: Tensor) -> None:
    found = occlude(pocket, photo, 30, 40, 24)
    module, photo = pocket.module.eval(), photo.cpu()
    with torch.no_grad():
        whole = module(pocket.normalized(photo)).softmax(1)[0, 30]
        rows, columns = [0, 24, 48, 56], [0, 24, 48, 72, 88]
        for row, top in enumerate(rows):
            for column, left in enumerate(columns):
                image = photo.clone()
                image[:, :, top : top + 40, left : left + 40] = 0.5
                fall = whole - module(pocket.normalized(image)).softmax(1)[0, 30]
                assert float(found.falls[row, column]) == pytest.approx(float(fall), abs=within(1e-5))
    assert found.falls.shape == (4, 5) and found.probability == pytest.approx(float(whole), abs=within(1e-5))


def test_the_map_agrees_with_a_plain_loop_and_keeps_the_sign(pocket: Network, photo: Tensor) -> None:
    found = occlude(pocket, photo, 30, 48, 40)
    tops, lefts = [0, 40, 48], [0, 40, 80]
    expected = torch.zeros(96, 128, device="cpu")
    for y in range(96):
        for x in range(128):
            covering = [
                float(found.falls[row, column])
                for row, top in enumerate(tops)
                for column, left in enumerate(lefts)
                if top <= y < top + 48 and left <= x < left + 48
            ]
            expected[y, x] = sum(covering) / len(covering)
    assert torch.allclose(found.heat, expected, atol=1e-6)
    assert float(found.heat.min()) < 0 < float(found.heat.max())


def test_what_is_hidden_raises_the_probability_where_it_hurts_the_class() -> None:
    network = network_of(BrightLeft())
    photo = torch.full((1, 3, 32, 64), 0.2)
    photo[..., :32], photo[..., 32:] = 0.9, 0.8
    found = occlude(network, photo, 0, 32, 32, gray=0.5)
    left, right = found.falls[0].tolist()
    assert left > 0.01 and right < -0.01
    assert (found.deepest, found.highest) == pytest.approx((left, -right))
    assert bool((found.heat[:, :32] > 0).all()) and bool((found.heat[:, 32:] < 0).all())


def test_every_pixel_is_hidden_once() -> None:
    assert square_positions(100, 10, 5)[-1] == 90
    assert square_positions(224, 75, 15)[-1] + 75 == 224
    assert square_positions(50, 50, 10) == [0]


def test_a_square_larger_than_the_photo_is_told(pocket: Network, photo: Tensor) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        occlude(pocket, photo, 0, 97, 10)
