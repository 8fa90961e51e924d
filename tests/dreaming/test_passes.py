"""One large picture, shared by devices; processors stand in for GPUs."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import DreamEvent, TileDone, TileHalved
from dreamer.presets.model.canvas import FLAT, Wraps
from tests.tiny import TinyCut, TinyNetwork

from .conftest import preset

RECIPES = [
    preset(tiles={"size": 64, "halo": 8}),
    preset({"layer": "conv1"}, {"class": "fox"}, normalize_targets=True, tiles={"size": 64, "halo": 8}),
    preset({"layer": "conv2", "caricature": True}, penalties={"photo_features": 0.3}, tiles={"size": 64, "halo": 8}),
]


class Watched(TinyNetwork):
    """Counts the passes, and the threads that take them."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[int] = []

    def cut(self, layers: object, *, wraps: Wraps = FLAT) -> TinyCut:
        network = self

        class Cut(TinyCut):
            def __call__(self, image: Tensor) -> dict[str, Tensor]:
                network.threads.append(threading.get_ident())
                return super().__call__(image)

        return Cut(self, layers, wraps)  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", RECIPES, ids=["layer", "balanced", "features"])
def test_shared_between_devices_the_pixels_are_the_same(recipe: object, photo: Tensor) -> None:
    large = photo.repeat(1, 1, 4, 4)
    alone = dream(recipe, TinyNetwork(), large)  # type: ignore[arg-type]
    others = [Watched(), Watched()]
    assert torch.equal(dream(recipe, TinyNetwork(), large, others=others), alone)  # type: ignore[arg-type]
    assert all(other.threads for other in others)


def test_a_small_picture_is_not_shared(photo: Tensor) -> None:
    other = Watched()
    dream(preset(), TinyNetwork(), photo, others=[other])
    assert not other.threads


def test_where_one_device_runs_out_of_memory_all_take_smaller_tiles(photo: Tensor) -> None:
    events: list[DreamEvent] = []
    large = photo.repeat(1, 1, 6, 6)
    recipe = preset(octaves={"count": 1, "steps": 1}, tiles={"size": 128, "halo": 8})
    found = dream(recipe, TinyNetwork(), large, others=[TinyNetwork(memory=120 * 120)], listen=events.append)
    assert [event.tile for event in events if isinstance(event, TileHalved)] == [64]
    assert torch.allclose(found, dream(recipe, TinyNetwork(), large), atol=1e-3)


def test_every_tile_is_told_of(photo: Tensor) -> None:
    events: list[DreamEvent] = []
    recipe = preset(octaves={"count": 1, "steps": 2}, tiles={"size": 64, "halo": 8})
    dream(recipe, TinyNetwork(), photo.repeat(1, 1, 3, 3), listen=events.append)
    done = [event for event in events if isinstance(event, TileDone)]
    assert {event.step for event in done} == {1, 2}
    assert [event.tile for event in done if event.step == 1] == list(range(1, done[0].tiles + 1))
    assert [event.work for event in done] == sorted(event.work for event in done) and done[-1].work == 1
