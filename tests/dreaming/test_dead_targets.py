from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.dead_targets import DeadTargets
from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import WarningsHeard
from dreamer.presets import Preset, Target
from tests.tiny import TinyNetwork

from .conftest import preset

GRAY = {"canvas": {"start": "gray", "size": 48}}


@pytest.fixture
def never_firing() -> TinyNetwork:
    """Kernel 3 of its second layer is below zero on every picture."""
    network = TinyNetwork()
    network.conv2.weight[3], network.conv2.bias[3] = 0, -1
    return network


def heard(recipe: Preset, network: TinyNetwork, **arguments: object) -> WarningsHeard:
    warnings = WarningsHeard()
    dream(recipe, network, listen=warnings, **arguments)  # type: ignore[arg-type]
    return warnings


@pytest.mark.parametrize("unit", [{}, {"unit": "center"}])
@pytest.mark.parametrize("start", ["gray", "noise"])
def test_a_kernel_that_never_fires_is_told_with_what_may_help(
    start: str, unit: dict[str, str], never_firing: TinyNetwork
) -> None:
    recipe = preset({"layer": "conv2", "kernels": 3, **unit}, canvas={"start": start, "size": 48})
    (warning,) = heard(recipe, never_firing).about(0)
    assert warning.kind == "dead_target"
    assert 'layer = "conv2", kernels = 3' in warning.message
    assert "network.negative_slope" in warning.message
    assert {"gray": "another canvas.start", "noise": "another seed"}[start] in warning.message


def test_one_that_fires_is_not_told_nor_one_without_steps(never_firing: TinyNetwork) -> None:
    alive = preset({"layer": "conv2", "kernels": 2}, **GRAY)
    assert not heard(alive, never_firing).about(0)
    dead = preset({"layer": "conv2", "kernels": 3}, **GRAY, octaves={"steps": [0, 0]})
    assert not heard(dead, never_firing).about(0)


def test_of_pictures_that_go_together_only_the_dead_one_is_told(never_firing: TinyNetwork) -> None:
    recipe = preset({"layer": "conv2", "kernels": 2}, **GRAY)
    targets = [(Target(layer=("conv2",), kernels=(kernel,)),) for kernel in (2, 3, 4)]
    warnings = heard(recipe, never_firing, batch_targets=targets)
    dead = [[warning.kind for warning in warnings.about(number)].count("dead_target") for number in range(3)]
    assert dead == [0, 1, 0]


def test_a_target_is_told_though_another_one_with_a_pass_of_its_own_fires(
    never_firing: TinyNetwork, photo: Tensor
) -> None:
    recipe = preset({"layer": "conv2", "kernels": 3}, {"layer": "conv1"}, normalize_targets=True)
    (warning,) = heard(recipe, never_firing, photo=photo).about(0)
    assert "kernels = 3" in warning.message


def test_firing_at_one_octave_is_enough() -> None:
    dead = DeadTargets()
    dead.add({0: torch.tensor([False, True]), 1: torch.tensor([False, False])})
    dead.add({0: torch.tensor([True, False])})
    recipe = preset({"layer": "conv1"}, {"layer": "conv2"})
    told = [(warned.pictures, warned.warning.message) for warned in dead.warnings(recipe, [recipe.targets] * 2)]
    assert [pictures for pictures, _ in told] == [(0,), (1,)]
    assert all('layer = "conv2"' in message for _, message in told)
