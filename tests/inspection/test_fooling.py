from __future__ import annotations

import pytest
from torch import Tensor

from dreamer.inspection.fooling import fool, noise_control
from dreamer.inspection.scoring import predicted_class, probabilities
from dreamer.networks import Network


@pytest.mark.parametrize("method", ["pgd", "fgsm"])
@pytest.mark.slow
def test_fooling_changes_the_class_by_what_it_says(pocket: Network, photo: Tensor, method: str) -> None:
    wanted = int(probabilities(pocket, photo)[0].topk(2).indices[1])
    result = fool(pocket, photo, wanted, method=method)  # type: ignore[arg-type]
    assert result.succeeded and predicted_class(pocket, result.picture) == wanted
    change = result.picture - photo
    assert result.size == pytest.approx(float(change.abs().max())) and result.l2 == pytest.approx(float(change.norm()))
    assert (
        result.pixels > 0.9
        and 0 < result.size < 0.1
        and float(result.picture.min()) >= 0
        and float(result.picture.max()) <= 1
    )


def test_any_other_class_is_found_where_none_is_named(pocket: Network, photo: Tensor) -> None:
    before = predicted_class(pocket, photo)
    result = fool(pocket, photo, halvings=2)
    assert result.succeeded and predicted_class(pocket, result.picture) != before
    noise = noise_control(pocket, photo, None, result.size, draws=3)
    assert noise.draws == 3 and noise.size <= result.size + 1e-6
    again = noise_control(pocket, photo, None, result.size, draws=3)
    assert bool((noise.picture == again.picture).all())
