from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from dreamer.dreaming import normalization, strips
from dreamer.dreaming.dream import dream
from dreamer.dreaming.extent import extent_of, filled
from dreamer.dreaming.filters import blurred, gaussian_blur, laplacian_bands, merged_bands, resized, sharpened
from dreamer.dreaming.gradient import Objective, TargetGradient
from dreamer.dreaming.grid import region_cells, unit_cell
from dreamer.dreaming.normalization import band_normalized
from dreamer.dreaming.penalties import GRADIENTS
from dreamer.dreaming.targets import bind_target
from dreamer.dreaming.tiles import cut_tiles
from dreamer.dreaming.transforms import ViewTransform
from dreamer.dreaming.wrapping import folded, interpolated, joined_up, mirrored, surrounded, window
from dreamer.presets.model.canvas import FLAT, Wraps
from dreamer.presets.model.schema import Target
from tests.on_device import within
from tests.tiny import TinyNetwork

from .conftest import preset

BOTH: Wraps = (True, True)


def picture(height: int = 64, width: int = 96) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))


def joint_steps(image: Tensor, dim: int) -> tuple[float, float]:
    """Mean difference of neighbors across the joint, and the largest such mean anywhere else."""
    steps = (image - image.roll(1, dim)).abs().transpose(2, dim).mean((0, 1, 3))
    return float(steps[0]), float(steps[1:].max())


def test_a_window_over_the_edge_goes_on_at_the_other_side() -> None:
    image = torch.arange(12.0).view(1, 1, 3, 4)
    assert window(image, 1, 1, 2, 2).flatten().tolist() == [5, 6, 9, 10]
    assert window(image, -1, 3, 2, 2).flatten().tolist() == [11, 8, 3, 0]
    assert surrounded(image, 0, 1)[0, 0, 0].tolist() == [3, 0, 1, 2, 3, 0]
    assert surrounded(image, 0, 5)[0, 0, 0].tolist() == [3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]


def test_a_folded_gradient_is_that_of_what_was_surrounded() -> None:
    image = picture(8, 6).requires_grad_(True)
    weights = torch.rand(1, 3, 12, 8)
    (expected,) = torch.autograd.grad((surrounded(image, 2, 1) * weights).sum(), image)
    assert torch.allclose(folded(weights, 2, 1), expected)


ROLLED: dict[str, Callable[[Tensor], Tensor]] = {
    "fine blur": lambda image: gaussian_blur(image, 1.3, BOTH),
    "wide blur": lambda image: gaussian_blur(image, 6.0, BOTH),
    "wider than the picture": lambda image: gaussian_blur(image[..., :8, :8], 3.9, BOTH).repeat(1, 1, 8, 12),
    "sharpened": lambda image: sharpened(image, 0.7, 1.4, BOTH),
    "bands": lambda image: band_normalized(image, 3, BOTH),
    **{
        name: lambda image, name=name: GRADIENTS[name](image, picture().roll(0), BOTH)
        for name in ("color", "edges", "total_variation", "l2")
    },
}


@pytest.mark.parametrize("name", ROLLED)
def test_on_a_picture_that_wraps_filters_know_no_place(name: str) -> None:
    """What is rolled before comes out as what is rolled after; 8 px are whole cells of every coarser grid."""
    image = picture() if "wider" not in name else picture(8, 8).repeat(1, 1, 8, 12)
    for rolls in ((8, 0), (0, -24), (40, 16)):
        first, after = ROLLED[name](image.roll(rolls, (2, 3))), ROLLED[name](image).roll(rolls, (2, 3))
        assert torch.allclose(first, after, atol=within(1e-5, 1e-4)), rolls


@pytest.mark.parametrize("sides", [(96, 144), (32, 48), (80, 56), (63, 97)])
def test_resampling_looks_around_the_edge(sides: tuple[int, int]) -> None:
    """As in the middle of four copies side by side."""
    image = picture(64, 96)
    found = resized(image, *sides, BOTH)
    copies = resized(image.repeat(1, 1, 3, 3), 3 * sides[0], 3 * sides[1])
    middle = copies[..., sides[0] : 2 * sides[0], sides[1] : 2 * sides[1]]
    assert torch.allclose(found, middle, atol=1e-5)
    only_columns = resized(image, *sides, (False, True))
    beside = resized(image.repeat(1, 1, 1, 3), sides[0], 3 * sides[1])[..., sides[1] : 2 * sides[1]]
    assert torch.allclose(only_columns, beside, atol=1e-5)
    assert torch.equal(
        interpolated(image, *sides, FLAT), torch.nn.functional.interpolate(image, sides, mode="bilinear")
    )


def test_bands_of_a_picture_that_wraps_merge_to_it() -> None:
    image = picture(24, 40)
    bands = laplacian_bands(image, 5, BOTH)
    assert [band.shape[2] for band in bands] == [24, 12, 6, 3]  # 3 has no halves
    assert torch.allclose(merged_bands(bands, BOTH), image, atol=1e-6)


def test_in_strips_rows_wrap_as_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [blurred(picture(), 2.0, BOTH), band_normalized(picture(), 3, BOTH), sharpened(picture(), 0.5, 1.2, BOTH)]
    for name, value in (("LARGE", 1000), ("STRIP", 1000), ("SMALLEST", 14)):
        monkeypatch.setattr(strips, name, value)
    monkeypatch.setattr(normalization, "PART", 1000)
    found = [blurred(picture(), 2.0, BOTH), band_normalized(picture(), 3, BOTH), sharpened(picture(), 0.5, 1.2, BOTH)]
    for one, other in zip(found, whole, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_turned_view_wraps_and_pulls_back_exactly() -> None:
    view = ViewTransform(5, -9, 0.2, 0.9, BOTH)
    image = picture(24, 32).requires_grad_(True)
    seen = view(image)
    weights = torch.rand_like(seen)
    (expected,) = torch.autograd.grad(seen, image, weights)
    assert torch.allclose(view.pulled_back(weights), expected, atol=1e-5)
    # As a middle part of copies side by side, which a mirrored border would not be.
    grid = torch.rand(1, 3, 8, 8).repeat(1, 1, 3, 4)
    small = ViewTransform(0, 0, 0.0, 0.5, BOTH)(grid)
    assert torch.allclose(small[..., :4, :4], small[..., 4:8, 4:8], atol=1e-5)


@pytest.mark.parametrize("wraps", [BOTH, (False, True), (True, False)])
def test_tiles_over_the_edge_give_the_gradient_of_the_whole(network: TinyNetwork, wraps: Wraps) -> None:
    image = picture(64, 96)
    for target in (
        Target(layer="conv2"),
        Target(layer="conv2", unit=(0.98, 0.03)),
        Target(layer="conv2", kernels=(2,), unit=((1, 1), (30, 46))),
    ):
        bound = bind_target(target, network, {}, image, 96)
        objective = Objective([bound], [None], False)

        def gradient(tile: int | None, shift: tuple[int, int], objective: Objective = objective) -> Tensor:
            cut = network.cut(["conv2"], wraps=wraps)
            whole = TargetGradient(cut, objective, tile=tile, halo=8, report=print, wraps=wraps)
            return whole(image, image, ViewTransform(3, 5), shift)[0]

        whole = gradient(None, (0, 0))
        for shift in ((0, 0), (5, 21), (40, 3)):
            assert torch.allclose(gradient(16, shift), whole, atol=1e-5 * float(whole.abs().max()))


def test_tiles_over_the_edge_lie_on_the_grid() -> None:
    for tile in cut_tiles((64, 128), 24, 8, 4, (7, 13), wraps=BOTH):
        assert tile.top % 4 == tile.left % 4 == 0
        assert tile.top <= tile.inner_top - 8 and tile.top + tile.height >= tile.inner_bottom + 8
        assert tile.height <= 64 and tile.width <= 128


def test_cells_beyond_the_edge_are_those_of_the_other_side() -> None:
    assert unit_cell(0.01, 96, 48, 128, 12) == (8, 4)
    assert unit_cell(0.99, -32, 64, 128, 16) == (7, 4)
    assert unit_cell(0.5, -32, 64, 128, 16) == (None, 4)
    assert region_cells(0, 1, 96, 48, 128, 12) == ([8, 9], 4)
    assert region_cells(1, 30, -16, 120, 128, 30) == ([*range(3), *range(5, 30)], 4)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ascent": {"bands": 3, "smooth": 1.0, "blur": 0.7, "decay": 0.01}, "octaves": {"sharpen": 0.5}},
        {"penalties": {"edges": 2.0, "total_variation": 0.3, "photo_shapes": 0.2}, "tiles": {"size": 64, "halo": 8}},
        {"canvas": {"space": "fourier"}},
    ],
)
@pytest.mark.parametrize("seamless", ["x", "y", "both"])
def test_a_dream_without_a_seam_knows_no_place(
    settings: dict[str, object], seamless: str, network: TinyNetwork
) -> None:
    """Rolling the canvas by the network's stride, or what coarser grids there are, rolls the dream."""
    recipe = preset(**settings)
    canvas = recipe.canvas.model_copy(update={"seamless": seamless, "start": "photo"})
    recipe = recipe.model_copy(update={"canvas": canvas})
    octaves = recipe.octaves.model_copy(update={"scale": 2.0})  # so that a roll is one of whole px at each octave
    recipe = recipe.model_copy(update={"octaves": octaves})
    # Smooth at the joint, too, so that nothing has to be joined up.
    image = gaussian_blur(picture(64, 96), 2.0, BOTH)
    rolls = (16 if seamless != "x" else 0, 32 if seamless != "y" else 0)
    if not recipe.penalties.photo_shapes:  # its cells have places of their own
        dreamt = dream(recipe, network, image)
        rolled = dream(recipe, network, image.roll(rolls, (2, 3)))
        assert (dreamt - image).abs().max() > 0.005
        assert torch.allclose(rolled, dreamt.roll(rolls, (2, 3)), atol=1e-3)
    else:
        dreamt = dream(recipe, network, image)
    for dim in (2, 3):
        if recipe.canvas.wraps[dim - 2]:
            joint, elsewhere = joint_steps(dreamt, dim)
            assert joint <= elsewhere


def test_noise_becomes_wallpaper_and_without_the_key_it_does_not(network: TinyNetwork) -> None:
    settings = {"canvas": {"start": "noise", "size": 64, "contrast": 0.0}, "ascent": {"jitter": 0, "blur": 1.0}}
    joints = {}
    for seamless in ("both", None):
        recipe = preset(**settings, octaves={"steps": 8})
        recipe = recipe.model_copy(update={"canvas": recipe.canvas.model_copy(update={"seamless": seamless})})
        image = dream(recipe, network)
        joints[seamless] = [joint_steps(image, dim) for dim in (2, 3)]
    assert all(joint <= elsewhere for joint, elsewhere in joints["both"])


def test_any_photo_is_joined_up_and_one_that_wraps_stays(photo: Tensor) -> None:
    ramp = torch.linspace(0.2, 0.8, 96).expand(1, 3, 64, 96)
    joined = joined_up(ramp, (False, True))
    jump = float(ramp[..., -1].mean() - ramp[..., 0].mean())
    assert joint_steps(joined, 3)[0] <= 0.02 * jump  # of 96 steps
    assert abs(float(joined.mean() - ramp.mean())) < 1e-5
    wave = 0.5 + 0.3 * torch.sin(2 * torch.pi * torch.arange(96) / 96).expand(1, 3, 64, 96)
    assert torch.equal(joined_up(wave, BOTH), wave)
    together = joined_up(torch.cat([ramp, wave]), (False, True))
    assert torch.equal(together[1:], wave) and torch.allclose(together[:1], joined, atol=1e-6)


def test_what_is_too_short_for_the_network_is_mirrored_and_cut_out_again(network: TinyNetwork) -> None:
    image = torch.arange(3.0).view(1, 1, 1, 3)
    assert mirrored(image, 1, 9)[0, 0, 0].tolist() == [1, 2, 1, 0, 1, 2, 1, 0, 1]
    assert mirrored(image[..., :1], 2, 4).flatten().tolist() == [0] * 8
    for height, width in ((1, 1), (3, 50), (40, 5)):
        small = picture(height, width)
        found = dream(preset(canvas={"mask": {"shape": "ellipse"}}), network, small)
        assert found.shape == small.shape and not torch.equal(found, small)


def test_sides_without_a_seam_are_whole_strides(network: TinyNetwork) -> None:
    recipe = preset(canvas={"seamless": "x"}, octaves={"scale": 1.3}, ascent={"bands": 3})
    extent = extent_of(recipe, (51, 101), network.cut(["conv2"]))
    assert extent.octaves == [(39, 80), (51, 104)] and extent.output == (51, 104)
    assert extent.warning is not None and "104 x 51 px in place of 101 x 51" in extent.warning.message
    assert extent_of(recipe, (51, 104), network.cut(["conv2"])).warning is None
    # A panorama is never cropped on the axis that wraps.
    assert torch.allclose(filled(picture(40, 80), 10, 80, (False, True)), picture(40, 80)[:, :, 15:25])
    assert filled(picture(40, 80), 40, 20, (False, True)).shape == (1, 3, 40, 20)
