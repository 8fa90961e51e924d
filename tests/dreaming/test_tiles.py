from __future__ import annotations

import itertools
import math
import random

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import DreamEvent, OctaveStarted, TileDone, TileHalved, ignore
from dreamer.dreaming.gradient import TargetGradient
from dreamer.dreaming.passes import Objective
from dreamer.dreaming.targets import bind_target
from dreamer.dreaming.tile_plan import automatic_tile
from dreamer.dreaming.tiles import cut_tiles
from dreamer.dreaming.transforms import ViewTransform
from dreamer.errors import DeviceError
from dreamer.presets.model.schema import Target, Tiles
from tests.on_device import DEVICE
from tests.tiny import TinyNetwork

from .conftest import preset


@pytest.mark.parametrize("size", [(97, 200), (200, 97), (64, 64), (333, 129)])
@pytest.mark.parametrize("side, halo, stride", [(64, 16, 4), (50, 8, 8), (32, 0, 2)])
def test_tiles_cover_every_pixel_once_and_lie_on_the_grid(
    size: tuple[int, int], side: int, halo: int, stride: int
) -> None:
    for shift in ((0, 0), (17, 40), (63, 1)):
        counts = torch.zeros(size)
        for tile in cut_tiles(size, side, halo, stride, shift):
            counts[tile.inner_top : tile.inner_bottom, tile.inner_left : tile.inner_right] += 1
            assert tile.top % stride == tile.left % stride == 0
            assert tile.top >= 0 and tile.top + tile.height <= size[0]
            assert tile.left >= 0 and tile.left + tile.width <= size[1]
            for first, extent, begin, end, length in (
                (tile.top, tile.height, tile.inner_top, tile.inner_bottom, size[0]),
                (tile.left, tile.width, tile.inner_left, tile.inner_right, size[1]),
            ):
                assert first <= max(0, begin - halo) and first + extent >= min(length, end + halo)
        assert (counts == 1).all()


@pytest.mark.parametrize("seed", range(80))
def test_any_picture_is_covered_once_by_few_tiles(seed: int) -> None:
    draw = random.Random(seed).randint
    height, width, side, halo, stride = draw(1, 700), draw(1, 700), draw(16, 300), draw(0, 80), 2 ** draw(0, 5)
    tiles = cut_tiles((height, width), side, halo, stride, (draw(0, 1 << 16), draw(0, 1 << 16)))
    counts = torch.zeros(height, width, dtype=torch.int)
    for tile in tiles:
        counts[tile.inner_slices()[0]] += 1
        rows, columns = tile.inner_bottom - tile.inner_top, tile.inner_right - tile.inner_left
        assert 0 < rows <= (height if tile.height == height else side)
        assert 0 < columns <= (width if tile.width == width else side)
    assert (counts == 1).all()
    # At most what covers the picture and a quarter of a tile more.
    assert len(tiles) <= math.ceil(height / side + 0.25) * math.ceil(width / side + 0.25)


@pytest.mark.parametrize("size", [(700, 500), (90, 2000), (33, 129)])
def test_snug_crops_cover_every_pixel_and_are_no_larger_than_the_halo_asks_for(size: tuple[int, int]) -> None:
    side, halo, stride, smallest = 200, 24, 8, 32
    for shift in ((0, 0), (37, 200), (1 << 15, 77)):
        counts = torch.zeros(size)
        for tile in cut_tiles(size, side, halo, stride, shift, snug=smallest):
            counts[tile.inner_slices()[0]] += 1
            assert tile.top % stride == tile.left % stride == 0
            assert tile.height >= min(smallest, size[0]) and tile.width >= min(smallest, size[1])
            for first, extent, begin, end, length in (
                (tile.top, tile.height, tile.inner_top, tile.inner_bottom, size[0]),
                (tile.left, tile.width, tile.inner_left, tile.inner_right, size[1]),
            ):
                assert first <= max(0, begin - halo) and min(length, end + halo) <= first + extent <= length
                assert extent <= side + 2 * halo + 3 * stride
        assert (counts == 1).all()


def test_snug_crops_have_one_size_at_every_step_and_cost_less() -> None:
    def cost(shift: int, snug: int) -> tuple[set[int], int]:
        tiles = cut_tiles((8192, 64), 2304, 96, 16, (shift, 0), snug=snug)
        return {tile.height for tile in tiles}, sum(tile.height for tile in tiles)

    assert {len(cost(shift, 32)[0]) for shift in range(0, 4096, 301)} == {1}
    assert len({cost(shift, 32)[1] for shift in range(0, 4096, 301)}) == 1
    assert cost(0, 32)[1] < 1.1 * 8192 < 1.17 * 8192 <= cost(0, 0)[1]


def test_a_large_picture_goes_through_in_snug_tiles(
    network: TinyNetwork, photo: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dreamer.dreaming.tile_plan.LARGE", 100 * 100)
    monkeypatch.setattr("dreamer.dreaming.tile_plan.SNUG_SIDE", 64)
    recipe = preset(octaves={"count": 1}, tiles={"halo": 16})
    big = photo.repeat(1, 1, 4, 4)
    events: list[DreamEvent] = []
    tiled = dream(recipe, network, big, listen=events.append)
    # Cutting it gains only on a processor; a GPU that has the memory takes it at once.
    assert any(isinstance(event, TileDone) for event in events) == (DEVICE.type == "cpu")
    whole = dream(recipe.model_copy(update={"tiles": Tiles(size="off")}), network, big)
    assert torch.allclose(tiled, whole, atol=1e-3)


@pytest.mark.skipif(DEVICE.type != "cpu", reason="a GPU has memory of its own")
def test_after_some_tiles_freed_memory_is_given_back(photo: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles: list[int] = []
    given_back: list[int] = []

    def listen(event: DreamEvent) -> None:
        if isinstance(event, TileDone):
            tiles.append(event.tile)

    monkeypatch.setattr("dreamer.dreaming.gradient.give_back", lambda: given_back.append(len(tiles) + 1))
    recipe = preset(octaves={"count": 1, "steps": 1}, tiles={"size": 64, "halo": 8})
    dream(recipe, TinyNetwork(), photo.repeat(1, 1, 5, 5), listen=listen)
    assert given_back == list(range(8, len(tiles) + 1, 8)) and len(given_back) > 1


def test_a_pass_is_given_what_the_picture_itself_leaves(photo: Tensor) -> None:
    def tile(free: int, **settings: object) -> int | None:
        events: list[DreamEvent] = []
        recipe = preset(octaves={"count": 1, "steps": 1}, tiles={"halo": 8}, **settings)
        dream(recipe, TinyNetwork(), photo.repeat(1, 1, 8, 8), free_memory=free, listen=events.append)
        return next(event.tile for event in events if isinstance(event, OctaveStarted))

    plain, adam = tile(16 << 20), tile(16 << 20, ascent={"optimizer": "adam"})
    assert plain is not None and adam is not None and adam < plain


def gradient(network: TinyNetwork, image: Tensor, tile: int | None, shift: tuple[int, int] = (0, 0)) -> Tensor:
    target = bind_target(Target(layer="conv2"), network, {}, image, 64)
    objective = Objective([target], [None], False)
    whole = TargetGradient(network.cut(["conv2"]), objective, tile=tile, halo=8, report=ignore)
    return whole(image, image, ViewTransform(), shift)[0]


@pytest.mark.parametrize("size", [(48, 64), (51, 77)])
def test_the_gradient_in_tiles_is_that_of_the_whole(network: TinyNetwork, size: tuple[int, int]) -> None:
    image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(2))
    whole = gradient(network, image, None)
    for shift in itertools.product((0, 5, 21), repeat=2):
        assert torch.allclose(gradient(network, image, 16, shift), whole, atol=1e-5 * float(whole.abs().max()))


def test_a_tiled_dream_shows_no_seams(network: TinyNetwork, photo: Tensor) -> None:
    big = torch.nn.functional.interpolate(photo, scale_factor=3, mode="bicubic").clamp(0, 1)
    one_step = {"count": 1, "steps": 1}
    whole, tiled = (
        dream(preset(octaves=one_step, tiles={"size": size, "halo": 16}), network, big) for size in ("off", 64)
    )
    assert (whole - tiled).abs().max() < 1e-4
    change = dream(preset(tiles={"size": 64, "halo": 16}), network, big) - big
    for dim in (2, 3):
        steepness = change.diff(dim=dim).abs().transpose(2, dim).mean((0, 1, 3))
        assert steepness[4:-4].max() < 2 * steepness.median()


def test_where_memory_runs_out_tiles_are_halved_and_the_dream_goes_on(photo: Tensor) -> None:
    big = torch.nn.functional.interpolate(photo, size=(300, 400), mode="bicubic").clamp(0, 1)
    recipe = preset(octaves={"count": 1, "steps": 2}, tiles={"size": "off", "halo": 16})
    events: list[DreamEvent] = []
    short = dream(recipe, TinyNetwork(memory=200 * 200), big, listen=events.append)
    halved = [event.tile for event in events if isinstance(event, TileHalved)]
    assert halved and halved == sorted(halved, reverse=True)
    assert torch.allclose(short, dream(recipe, TinyNetwork(), big), atol=1e-3)


def test_memory_for_not_even_the_smallest_tile_is_an_error(photo: Tensor) -> None:
    with pytest.raises(DeviceError, match="out of memory"):
        dream(preset(), TinyNetwork(memory=10), photo)


def test_other_runtime_errors_are_not_taken_for_a_lack_of_memory(photo: Tensor) -> None:
    class Broken(TinyNetwork):
        def cut(self, layers: object, **settings: object) -> object:  # type: ignore[override]
            cut = super().cut(["conv2"])

            class Raising:
                smallest, stride, bytes_per_pixel = cut.smallest, cut.stride, cut.bytes_per_pixel

                def __call__(self, image: Tensor) -> dict[str, Tensor]:
                    raise RuntimeError("shapes do not fit")

                repeated = __call__

            return Raising()

    with pytest.raises(RuntimeError, match="shapes"):
        dream(preset(), Broken(), photo)  # type: ignore[arg-type]


def test_the_automatic_tile_follows_the_free_memory(network: TinyNetwork, photo: Tensor) -> None:
    assert automatic_tile(Tiles(), (1000, 1000), 1000, 10 << 30, 32) is None
    tile = automatic_tile(Tiles(halo=32), (4000, 4000), 1000, 1 << 30, 32)
    assert tile is not None and tile % 64 == 0
    assert (tile + 64) ** 2 * 1000 <= 1 << 30
    assert automatic_tile(Tiles(size="off"), (9000, 9000), 1000, 1, 32) is None
    assert automatic_tile(Tiles(size=256), (200, 200), 1, 1, 32) is None
    events: list[DreamEvent] = []
    dream(preset(tiles={"halo": 8}), network, photo.repeat(1, 1, 4, 4), free_memory=1 << 22, listen=events.append)
    assert [event.tile for event in events if isinstance(event, OctaveStarted)][-1] == 64


def test_a_unit_lies_in_one_tile_only(network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(
        {"layer": "conv2", "kernels": [2], "unit": [0.5, 0.5]},
        octaves={"count": 1},
        ascent={"jitter": 0},
        tiles={"size": 64, "halo": 0},
    )
    big = photo.repeat(1, 1, 4, 4)
    change = (dream(recipe, network, big) - big).abs().amax((0, 1))
    rows, columns = torch.nonzero(change > 1e-4, as_tuple=True)
    assert len(rows) and rows.max() - rows.min() < 16 and columns.max() - columns.min() < 16
