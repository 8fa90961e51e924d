from __future__ import annotations

import pytest
import torch

from dreamer.presets.timeline.easings import EASINGS, HOLD, smoothstep


@pytest.mark.parametrize("name", [name for name in EASINGS if name != HOLD])
def test_easings_rise_from_0_to_1(name: str) -> None:
    shares = [EASINGS[name](number / 20) for number in range(21)]
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert shares == sorted(shares)


def test_smoothstep_of_a_tensor_is_that_of_its_elements() -> None:
    x = torch.linspace(0, 1, 11, dtype=torch.float64)
    assert smoothstep(x).tolist() == [smoothstep(number) for number in x.tolist()]
