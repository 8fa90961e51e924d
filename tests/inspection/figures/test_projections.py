from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import ImageColor

from dreamer.drawing.style import MARK
from dreamer.inspection.activations import FeatureMap
from dreamer.inspection.deconvolution import Projection
from dreamer.inspection.figures import draw_projections
from dreamer.inspection.photos import Photo

PHOTO = Photo("photo.png", torch.full((1, 3, 60, 90), 0.5))
BLUE = (59, 76, 192)


def maps(count: int, *, lowest: float = 0.0) -> list[FeatureMap]:
    """On the CPU, where feature maps are kept."""
    ramp = torch.linspace(lowest, 1, 24, device="cpu").view(4, 6)
    return [FeatureMap("conv", kernel, ramp, float(ramp.mean()), 1.0) for kernel in range(count)]


def projection(kernel: int, cell: tuple[int, int] | None = None) -> Projection:
    picture = torch.linspace(-1, 1, 3 * 60 * 90).view(3, 60, 90)
    return Projection("conv", kernel, picture, 2.0, cell, (10, 20, 40, 70) if cell else (0, 0, 60, 90))


def places(image: np.ndarray, color: str | tuple[int, ...]) -> np.ndarray:
    """(row, column) of the pixels of that color."""
    wanted = ImageColor.getrgb(color) if isinstance(color, str) else color
    return np.argwhere((image == np.array(wanted)).all(-1))


def test_the_chosen_map_and_the_projected_cell_have_frames() -> None:
    wholes, cells = [projection(1)], [projection(1, (3, 0))]
    plain = np.array(draw_projections(wholes, [], maps(4), PHOTO, "net"))
    framed = np.array(draw_projections(wholes, cells, maps(4), PHOTO, "net"))
    step = 96 + 2
    frame = places(plain, MARK)
    assert frame[:, 1].min() == 8 + step and frame[:, 1].max() == 8 + step + 95
    cell = places(framed, MARK)
    cell = cell[cell[:, 0] > frame[:, 0].max()]
    assert len(cell) > 20 and cell[:, 1].max() < 8 + 336 / 6 + 12


def test_a_single_cell_is_one_picture_more() -> None:
    without, with_cell = (
        draw_projections([projection(0)], cells, maps(2), PHOTO, "net") for cells in ([], [projection(0, (1, 1))])
    )
    assert without.height > with_cell.height, "three pictures in a row are larger than four"


@pytest.mark.parametrize("count", [2, 64, 512, 4096])
def test_all_maps_of_a_layer_fit_a_screen(count: int) -> None:
    image = draw_projections([projection(0), projection(1)], [], maps(count), PHOTO, "net")
    assert image.width <= 1600 and image.height <= 1200


def test_layers_with_values_below_zero_are_on_a_diverging_scale() -> None:
    for lowest, there in ((-1.0, True), (0.0, False)):
        image = np.array(draw_projections([projection(0)], [], maps(1, lowest=lowest), PHOTO, "net"))
        assert (len(places(image, BLUE)) > 0) == there


def test_units_of_a_fully_connected_layer_are_cells_of_the_grid() -> None:
    cells = torch.linspace(0, 1, 4096, device="cpu").view(-1, 1, 1)
    units = [FeatureMap("fc7", kernel, cell, 0.5, 0.5) for kernel, cell in enumerate(cells)]
    image = draw_projections([projection(7)], [], units, PHOTO, "net")
    assert image.width <= 1600 and image.height <= 1200
