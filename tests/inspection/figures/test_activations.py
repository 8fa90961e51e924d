from __future__ import annotations

import numpy as np
import pytest
import torch

from dreamer.drawing.sheets import PAGE
from dreamer.inspection.activations import FeatureMap
from dreamer.inspection.figures import draw_feature_maps
from dreamer.inspection.photos import Photo

PHOTO = Photo("photo.png", torch.full((1, 3, 60, 90), 0.5))


def maps(count: int, layer: str = "conv", *, lowest: float = 0.0) -> list[FeatureMap]:
    ramp = torch.linspace(lowest, 1, 54).view(6, 9)
    return [FeatureMap(layer, kernel, ramp, float(ramp.mean()), 1.0) for kernel in range(count)]


def colors(pixels: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(color) for color in pixels.reshape(-1, 3).tolist()}


def test_the_fewer_the_larger() -> None:
    widths = [draw_feature_maps(maps(count), PHOTO, "net").width / columns for count, columns in ((1, 1), (4, 4))]
    assert widths[0] > 480 and 320 < widths[1] < widths[0]


@pytest.mark.parametrize("count", [1, 8, 64, 512])
@pytest.mark.slow
def test_no_sheet_is_wider_than_a_screen(count: int) -> None:
    assert draw_feature_maps(maps(count), PHOTO, "net").width <= PAGE[0]


@pytest.mark.slow
def test_values_below_zero_are_blue_and_those_of_other_layers_are_not() -> None:
    blue = (59, 76, 192)
    assert blue in colors(np.array(draw_feature_maps(maps(1, lowest=-1.0), PHOTO, "net")))
    assert blue not in colors(np.array(draw_feature_maps(maps(1), PHOTO, "net")))


def test_each_layer_has_a_sheet() -> None:
    one, two = maps(2), maps(2, "deeper")
    both = draw_feature_maps([*one, *two], PHOTO, "net")
    assert both.height == 2 * draw_feature_maps([*one, *one], PHOTO, "net").height


def test_the_units_of_a_fully_connected_layer_are_the_cells_of_one_map() -> None:
    units = [FeatureMap("fc7", number, torch.full((1, 1), float(number)), number, number) for number in range(64)]
    one, several = (draw_feature_maps(own, PHOTO, "alexnet") for own in (units, units[:2]))
    assert one.size == several.size and one.height < 700
