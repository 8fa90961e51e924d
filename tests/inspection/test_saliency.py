from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.cli.inspect.saliency import METHODS as OFFERED
from dreamer.errors import TargetError
from dreamer.inspection.attribution import METHODS, input_gradient
from dreamer.inspection.saliency import GUIDED, attributions, sanity_checks
from dreamer.inspection.scoring import TargetScore, class_target, target_score
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice
from tests.on_device import DEVICE


def random_score(name: str, photo: Tensor) -> TargetScore:
    network = load_network(NetworkChoice(name=name, weights="random"), device=str(DEVICE), precision="float32")
    return target_score(network, class_target(0), photo)


def test_the_command_offers_every_method() -> None:
    assert tuple(METHODS) == OFFERED


@pytest.mark.slow
def test_methods_that_do_not_apply_are_left_out_unless_they_are_named(photo: Tensor) -> None:
    score = random_score("mobilenet_v3_small", photo)
    result = attributions(score, photo, samples=1)
    assert set(result.left_out) == set(GUIDED) and set(result.maps) == set(METHODS) - set(GUIDED)
    with pytest.raises(TargetError, match="for ReLU only"):
        attributions(score, photo, ["guided"])


def test_random_weights_change_the_gradient(pocket: Network, photo: Tensor) -> None:
    score = target_score(pocket, class_target(0), photo)
    learned = attributions(score, photo, ["gradient"])
    assert torch.equal(learned.maps["gradient"], input_gradient(score, photo))
    assert sanity_checks(learned, score, photo)["gradient"].correlation == pytest.approx(1)
    assert sanity_checks(learned, random_score("pocket", photo), photo)["gradient"].correlation < 0.9
