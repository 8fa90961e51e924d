from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.dream import dream
from dreamer.dreaming.picture_targets import gram
from dreamer.dreaming.targets import bind_target, strongest_kernels
from dreamer.errors import TargetError
from dreamer.presets.model.schema import Target
from tests.tiny import TinyNetwork

from .conftest import preset

KINDS: list[dict[str, Any]] = [
    {"layer": "conv2"},
    {"layer": ["conv1", "conv2"], "measure": "mean"},
    {"layer": "conv2", "kernels": [1, 3]},
    {"layer": "conv2", "kernels": "strongest 2"},
    {"layer": "conv2", "kernels": 2, "unit": "center"},
    {"layer": "conv2", "unit": (0.2, 0.9)},
    {"layer": "conv2", "kernels": [1, 3], "unit": ((4, 4), (6, 6))},
    {"class": "dog"},
    {"class": "fox", "measure": "probability"},
    {"layer": "conv2", "direction": [1, 0, -1, 0, 0, 2, 0, 0]},
    {"layer": "conv2", "direction": {"3": 1.0, "5": -0.5}},
    {"layer": "conv2", "caricature": True},
    {"layer": "conv2", "guide": "guide"},
    {"layer": ["conv1", "conv2"], "style": "style"},
]


@pytest.fixture
def pictures() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    return {"guide": torch.rand(1, 3, 30, 40, generator=generator), "style": torch.rand(1, 3, 64, 64)}


def score(network: TinyNetwork, target: Target, image: Tensor, start: Tensor, pictures: dict[str, Tensor]) -> float:
    from dreamer.dreaming.bound_targets import Window

    bound = bind_target(target, network, pictures, start, 64)
    seen, first = network.cut(bound.layers)(image), network.cut(bound.layers)(start)
    height, width = image.shape[-2:]
    return float(bound.score(seen, first, Window(0, 0, height, width, height, width)))


@pytest.mark.parametrize("tree", KINDS, ids=lambda tree: "-".join(f"{k}={v}" for k, v in tree.items())[:50])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_dream_climbs_its_target_and_a_negative_weight_descends(
    tree: dict[str, Any], sign: int, network: TinyNetwork, photo: Tensor, pictures: dict[str, Tensor]
) -> None:
    recipe = preset({**tree, "weight": sign}, octaves={"count": 1, "steps": 12}, ascent={"jitter": 0})
    dreamt = dream(recipe, network, photo, pictures=pictures)
    before, after = (score(network, recipe.targets[0], image, photo, pictures) for image in (photo, dreamt))
    assert sign * (after - before) > 1e-4 * abs(before)


@pytest.mark.parametrize(
    "tree, said",
    [
        ({"layer": "conv2", "kernels": [8]}, "numbered 0 to 7"),
        ({"layer": "conv2", "direction": [1.0, 2.0]}, "8 kernels"),
        ({"layer": "conv2", "direction": {"9": 1.0}}, "no kernel 9"),
        ({"layer": "conv2", "direction": {"1": 0.0}}, "zero"),
        ({"class": "cow"}, "cow"),
        ({"layer": "conv2", "unit": ((4, 4), (6, 32))}, "has 23, numbered 0 to 22"),
    ],
)
def test_what_the_network_does_not_have_is_named(
    tree: dict[str, Any], said: str, network: TinyNetwork, photo: Tensor
) -> None:
    with pytest.raises(TargetError) as caught:
        dream(preset(tree), network, photo)
    assert said in str(caught.value)


def test_a_region_is_the_mean_of_its_cells_with_both_corners(network: TinyNetwork, photo: Tensor) -> None:
    target = Target(layer=("conv2",), kernels=(1, 3), unit=((4, 5), (6, 5)))
    cells = network.cut(["conv2"])(photo)["conv2"][0, [1, 3], 4:7, 5]
    assert score(network, target, photo, photo, {}) == pytest.approx(float(cells.mean()), rel=1e-5)


def test_strongest_kernels_are_chosen_for_each_picture_alone(network: TinyNetwork, photo: Tensor) -> None:
    both = torch.cat([photo, photo.flip(1)])
    recipe = preset({"layer": "conv2", "kernels": "strongest 1"})
    together = dream(recipe, network, both)
    for number in range(2):
        alone = dream(recipe, network, both[number : number + 1])
        assert torch.allclose(together[number], alone[0], atol=1e-5)


def test_normalized_targets_count_by_weight_whatever_their_size(photo: Tensor) -> None:
    targets = {"layer": "conv1"}, {"layer": "conv2", "weight": 0.5}
    quiet, loud = (
        dream(preset(*targets, normalize_targets=True), TinyNetwork(loudness=loudness), photo)
        for loudness in (1.0, 1000.0)
    )
    assert torch.allclose(quiet, loud, atol=1e-4)
    plain = [dream(preset(*targets), TinyNetwork(loudness=loudness), photo) for loudness in (1.0, 1000.0)]
    assert not torch.allclose(*plain, atol=1e-2)


def test_a_target_counts_in_its_octaves_only(network: TinyNetwork, photo: Tensor) -> None:
    first = dream(preset({"layer": "conv2", "octaves": [1, 1]}, octaves={"steps": [4, 4]}), network, photo)
    same = dream(preset({"layer": "conv2"}, octaves={"steps": [4, 0]}), network, photo)
    assert torch.equal(first, same)


def test_each_target_counts_in_its_own_octaves(network: TinyNetwork, photo: Tensor) -> None:
    targets = {"layer": "conv2", "octaves": [1, 1]}, {"class": "fox", "octaves": [2, 2]}
    both = dream(preset(*targets, octaves={"steps": [3, 3]}), network, photo)
    only = dream(preset(targets[0], octaves={"steps": [3, 0]}), network, photo)
    assert not torch.allclose(both, only, atol=1e-3)
    late = dream(preset(targets[1], octaves={"steps": [3, 3]}), network, photo)
    assert torch.equal(late, dream(preset({"class": "fox"}, octaves={"steps": [0, 3]}), network, photo))


@pytest.mark.parametrize("kind", ["guide", "style"])
def test_guides_of_any_shape_are_large_enough_for_the_network(kind: str, network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset({"layer": "conv2", kind: "narrow"})
    picture = dream(recipe, network, photo, pictures={"narrow": torch.rand(1, 3, 4, 200)})
    assert (picture - photo).abs().max() > 0.01


def test_strongest_kernels_of_a_long_panorama(network: TinyNetwork) -> None:
    panorama = torch.rand(1, 3, 12, 1200, generator=torch.Generator().manual_seed(0))
    assert strongest_kernels(network, "conv2", panorama, 3).shape == (1, 3)


@pytest.mark.parametrize(
    "tree", [{"kernels": "strongest 2"}, {"kernels": 1}, {"unit": "center"}, {"guide": "a"}, {"style": "a"}], ids=str
)
def test_what_needs_a_grid_is_not_asked_of_the_logits(
    tree: dict[str, Any], network: TinyNetwork, photo: Tensor
) -> None:
    with pytest.raises(TargetError, match="no grid") as caught:
        dream(preset({"layer": "logits", **tree}), network, photo, pictures={"a": photo})
    assert "class" in str(caught.value.remedy)


def test_gram_matrices_against_plain_sums() -> None:
    cells = torch.rand(2, 4, 3, 5)
    expected = torch.einsum("bchw,bdhw->bcd", cells, cells) / 15
    assert torch.allclose(gram(cells), expected, atol=1e-6)
