from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.bound_targets import BoundTarget, Window
from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import DreamEvent, OctaveStarted, TileHalved, ignore
from dreamer.dreaming.gradient import TargetGradient
from dreamer.dreaming.grid import unit_cell
from dreamer.dreaming.normalization import rms, unit_rms
from dreamer.dreaming.passes import Objective
from dreamer.dreaming.targets import bind_target
from dreamer.dreaming.tiles import cut_tiles
from dreamer.dreaming.transforms import ViewTransform, random_transform
from dreamer.errors import DeviceError
from dreamer.presets.model.ascent import Transform
from dreamer.presets.model.canvas import FLAT, Wraps
from dreamer.presets.model.schema import Target
from tests.tiny import TinyCut, TinyNetwork

from .conftest import preset


def bound(network: TinyNetwork, image: Tensor, tree: dict[str, Any]) -> BoundTarget:
    return bind_target(Target.model_validate(tree), network, {}, image, 64)


def gradient(
    network: TinyNetwork,
    image: Tensor,
    *trees: dict[str, Any],
    tile: int | None = None,
    halo: int = 12,
    shift: tuple[int, int] = (0, 0),
    balanced: bool = False,
) -> Tensor:
    targets = [bound(network, image, tree) for tree in trees]
    layers = {layer for target in targets for layer in target.layers}
    objective = Objective(targets, [None] * len(targets), balanced)
    whole = TargetGradient(network.cut(sorted(layers)), objective, tile=tile, halo=halo, report=ignore)
    return whole(image, image, ViewTransform(), shift)[0]


def picture(*size: int) -> Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(sum(size)))


LINEAR_IN_CELLS = [
    {"layer": "conv2"},
    {"layer": "conv2", "measure": "mean", "kernels": "2-5"},
    {"layer": "conv2", "kernels": "strongest 3"},
    {"layer": "conv2", "direction": {"1": 1.0, "4": -2.0}},
    {"layer": "conv2", "unit": "center"},
    {"layer": "conv2", "unit": [[5, 3], [14, 9]]},
]


@pytest.mark.parametrize(
    "tree, size",
    [*itertools.product(LINEAR_IN_CELLS, [(64, 80), (61, 83)]), ({"class": "fox"}, (64, 80))],
    ids=str,
)
def test_in_tiles_the_gradient_is_that_of_the_whole(
    tree: dict[str, Any], size: tuple[int, int], network: TinyNetwork
) -> None:
    image = picture(*size)
    whole = gradient(network, image, tree)
    for side, shift in itertools.product((16, 21), [(0, 0), (5, 9), (40, 3)]):
        found = gradient(network, image, tree, tile=side, shift=shift)
        assert torch.allclose(found, whole, atol=1e-5 * float(whole.abs().max()))


@pytest.mark.parametrize("place", list(itertools.product((0.0, 0.26, 0.31, 0.69, 1.0), repeat=2)))
@pytest.mark.slow
def test_a_unit_near_or_on_a_tiles_border_is_the_same_in_every_tile(
    place: tuple[float, float], network: TinyNetwork
) -> None:
    image = picture(75, 93)
    tree = {"layer": "conv2", "unit": place}
    whole = gradient(network, image, tree)
    rows = torch.nonzero(whole.abs().amax((0, 1, 3)))
    assert 1 <= len(rows) <= 9
    for shift in ((0, 0), (3, 2), (4, 7)):
        found = gradient(network, image, tree, tile=16, shift=shift)
        assert torch.allclose(found, whole, atol=1e-5 * float(whole.abs().max()))


@pytest.mark.parametrize("unit", [(0.4, 0.6), ((18, 20), (30, 29))])
def test_a_unit_counts_the_same_beside_other_targets_in_tiles_and_whole(unit: object, network: TinyNetwork) -> None:
    image = picture(96, 96)
    trees = {"layer": "conv2"}, {"layer": "conv2", "unit": unit, "weight": 0.1}
    whole = gradient(network, image, *trees)
    assert not torch.allclose(whole, gradient(network, image, trees[0]), atol=0.1)
    assert torch.allclose(gradient(network, image, *trees, tile=20), whole, atol=1e-4 * float(whole.abs().max()))


@pytest.mark.parametrize("rounded", ["down", "up"])
def test_a_units_cell_is_the_same_in_all_tiles(rounded: str) -> None:
    stride, size = 8, 299

    def cells(side: int) -> int:
        return side // stride if rounded == "down" else -(-side // stride)

    for share in torch.linspace(0, 1, 41).tolist():
        whole, found_stride = unit_cell(share, 0, size, size, cells(size))
        assert found_stride == stride and whole is not None
        seen = 0
        for tile in cut_tiles((size, size), 64, 16, stride, (37, 0)):
            cell, _ = unit_cell(share, tile.top, tile.height, size, cells(tile.height))
            if cell is not None:
                assert tile.top // stride + cell == whole
                seen += 1
        assert seen


def test_a_view_in_the_whole_picture_has_its_middle_in_the_middle() -> None:
    assert [unit_cell(0.5, 0, 224, 224, cells)[0] for cells in (7, 14, 56)] == [3, 7, 28]
    assert [unit_cell(share, 0, 224, 224, 7)[0] for share in (0.0, 0.99, 1.0)] == [0, 6, 6]
    assert unit_cell(0.5, 0, 299, 299, 35) == (17, 8)


@pytest.mark.parametrize("changes", [{}, {"scale": 0.3}, {"rotate": 20.0}, {"scale": 0.1, "rotate": 5.0}])
def test_seen_through_any_view_the_gradient_is_autograds(changes: dict[str, float], network: TinyNetwork) -> None:
    image = picture(40, 56)
    transform = random_transform(7, Transform(**changes), (40, 56), torch.Generator().manual_seed(4))
    target = bound(network, image, {"layer": "conv2"})
    objective = Objective([target], [None], False)
    found, score = TargetGradient(network.cut(["conv2"]), objective, tile=None, halo=8, report=ignore)(
        image, image, transform, (0, 0)
    )
    leaf = image.clone().requires_grad_(True)
    expected_score = target.score(network.cut(["conv2"])(transform(leaf)), None, Window(0, 0, 40, 56, 40, 56))
    (expected,) = torch.autograd.grad(expected_score.sum(), leaf)
    assert torch.allclose(score, expected_score)
    assert torch.allclose(unit_rms(found), unit_rms(expected), atol=1e-4)


@pytest.mark.parametrize("loudness", [1e-5, 1.0, 1e3])
def test_balanced_targets_have_shares_equal_to_their_weights(loudness: float) -> None:
    network, image = TinyNetwork(loudness=loudness), picture(40, 48)
    trees = {"layer": "conv1"}, {"layer": "conv2", "weight": -0.25}
    alone = [gradient(network, image, tree, balanced=True) for tree in trees]
    assert torch.allclose(torch.stack([rms(each) for each in alone]), torch.ones(2, 1), atol=1e-4)
    together = gradient(network, image, *trees, balanced=True)
    assert torch.allclose(together, unit_rms(alone[0] + 0.25 * alone[1]), atol=1e-4)


def test_masked_and_balanced_targets_in_tiles(network: TinyNetwork) -> None:
    image = picture(60, 70)
    mask = torch.zeros(1, 1, 60, 70)
    mask[..., 30:] = 1
    targets = [bound(network, image, {"layer": "conv1"}), bound(network, image, {"class": "cat", "weight": 0.5})]
    objective = Objective(targets, [mask, None], True)
    cut = network.cut(["conv1", "logits"])
    whole, tiled = (
        TargetGradient(cut, objective, tile=tile, halo=12, report=ignore)(image, image, ViewTransform(), (3, 4))[0]
        for tile in (None, 20)
    )
    assert torch.allclose(tiled, whole, atol=1e-4)


class Forgetful(TinyNetwork):
    """Runs out of memory as CUDA, its libraries and the CPU's allocator say it, above a number of px."""

    def __init__(self, error: RuntimeError, limit: int) -> None:
        super().__init__()
        self.error, self.limit = error, limit

    def cut(self, layers: Iterable[str], *, wraps: Wraps = FLAT) -> TinyCut:
        network = self

        class Limited(TinyCut):
            def __call__(self, image: Tensor) -> dict[str, Tensor]:
                if image.shape[-2] * image.shape[-1] > network.limit:
                    raise network.error
                return super().__call__(image)

        return Limited(self, layers, wraps)


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:20])
def test_halved_tiles_give_what_tiles_of_that_size_would(error: RuntimeError) -> None:
    image = picture(256, 320)
    settings = {"octaves": {"count": 2, "scale": 1.2, "steps": 2}}
    events: list[DreamEvent] = []
    halved = dream(
        preset(**settings, tiles={"size": "off", "halo": 8}), Forgetful(error, 150**2), image, listen=events.append
    )
    tiles = [event.tile for event in events if isinstance(event, TileHalved)]
    assert tiles == [128]
    assert torch.equal(halved, dream(preset(**settings, tiles={"size": 128, "halo": 8}), TinyNetwork(), image))


def test_what_one_octave_learned_of_the_memory_the_next_one_knows() -> None:
    events: list[DreamEvent] = []
    settings = {"octaves": {"count": 3, "scale": 1.2, "steps": 1}, "tiles": {"halo": 8}}
    dream(preset(**settings), Forgetful(ERRORS[0], 150**2), picture(256, 320), listen=events.append)
    assert sum(isinstance(event, TileHalved) for event in events) == 1
    assert [event.tile for event in events if isinstance(event, OctaveStarted)][1:] == [96, 96]


def test_with_too_little_memory_for_the_smallest_tile_the_error_says_so() -> None:
    with pytest.raises(DeviceError, match="even with tiles of 64 px") as caught:
        dream(preset(tiles={"halo": 0}), Forgetful(ERRORS[0], 40**2), picture(200, 300))
    assert caught.value.remedy
