from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.errors import UsageError
from dreamer.inspection.occlusion import occlude, square_positions
from dreamer.networks import Network


def test_it_agrees_with_a_plain_loop(pocket: Network, photo: Tensor) -> None:
    found = occlude(pocket, photo, 30, 40, 24)
    module = pocket.module.eval()
    with torch.no_grad():
        whole = module(pocket.normalized(photo)).softmax(1)[0, 30]
        rows, columns = [0, 24, 48, 56], [0, 24, 48, 72, 88]
        for row, top in enumerate(rows):
            for column, left in enumerate(columns):
                image = photo.clone()
                image[:, :, top : top + 40, left : left + 40] = 0.5
                fall = whole - module(pocket.normalized(image)).softmax(1)[0, 30]
                assert float(found.falls[row, column]) == pytest.approx(float(fall), abs=1e-5)
    assert found.falls.shape == (4, 5) and found.probability == pytest.approx(float(whole), abs=1e-5)


def test_heat_is_the_mean_fall_of_the_squares_over_a_pixel(pocket: Network, photo: Tensor) -> None:
    found = occlude(pocket, photo, 30, 48, 48)
    rows, columns = square_positions(96, 48, 48), square_positions(128, 48, 48)
    assert (rows, columns) == ([0, 48], [0, 48, 80])
    assert float(found.heat[0, 0]) == pytest.approx(max(0.0, float(found.falls[0, 0])), abs=1e-6)
    between = (found.falls[0, 1] + found.falls[0, 2]) / 2
    assert float(found.heat[0, 90]) == pytest.approx(max(0.0, float(between)), abs=1e-6)


def test_every_pixel_is_hidden_once() -> None:
    assert square_positions(100, 10, 5)[-1] == 90
    assert square_positions(224, 75, 15)[-1] + 75 == 224
    assert square_positions(50, 50, 10) == [0]


def test_a_square_larger_than_the_photo_is_told(pocket: Network, photo: Tensor) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        occlude(pocket, photo, 0, 97, 10)
