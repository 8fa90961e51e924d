from __future__ import annotations

from typing import cast

import pytest
import torch

from dreamer.cli.inspect.fool import METHODS as OFFERED
from dreamer.inspection.attacks import METHODS, attack
from dreamer.networks import Network
from tests.inspection.stubs import BrightestRed


def test_the_command_line_offers_every_method() -> None:
    assert tuple(METHODS) == OFFERED


@pytest.mark.parametrize("method", ["pgd", "fgsm"])
def test_noise_is_as_large_as_the_attack(method: str) -> None:
    photo = torch.full((1, 3, 8, 8), 0.4)
    photo[0, 0, 3, 3] = 0.45
    found = attack(cast(Network, BrightestRed()), photo, None, method)
    assert found.example.succeeded and 0.04 < found.example.size < 0.08
    assert found.control.size == pytest.approx(found.example.size) and found.control.l2 >= found.example.l2
