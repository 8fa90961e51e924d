from __future__ import annotations

from typing import cast

import pytest
import torch

from dreamer.inspection.attack_goals import Goal, control_of, example_of, goal_of
from dreamer.networks import Network
from tests.inspection.stubs import BrightestRed

NETWORK = cast(Network, BrightestRed())
DULL, RED = torch.full((1, 3, 6, 6), 0.2), torch.full((1, 3, 6, 6), 0.8)


def test_a_goal_is_a_class_or_any_but_the_present_one() -> None:
    both = torch.cat([DULL, RED])
    assert Goal(NETWORK, 1).reached(both).tolist() == [False, True]
    assert goal_of(NETWORK, DULL, None) == Goal(NETWORK, 0, avoided=True)
    assert goal_of(NETWORK, DULL, None).reached(both).tolist() == [False, True]
    towards, away = Goal(NETWORK, 1).scores(both), Goal(NETWORK, 1, avoided=True).scores(both)
    assert towards[1] > towards[0] and torch.equal(away, -towards)


def test_a_change_is_measured() -> None:
    picture = DULL.clone()
    picture[0, :, 2, 3] = torch.tensor([0.6, 0.2, 0.5])
    example = example_of(Goal(NETWORK, 1), DULL, picture)
    assert example.succeeded and example.size == pytest.approx(0.4)
    assert example.l2 == pytest.approx(0.5) and example.pixels == pytest.approx(1 / 36)
    control = control_of(Goal(NETWORK, 1), DULL, torch.cat([picture, DULL, picture]))
    assert (control.draws, control.reached) == (3, 2) and control.size == example.size
