from __future__ import annotations

import torch
from torch import Tensor

from dreamer.inspection.scoring import predicted_class, probabilities, top_classes
from dreamer.networks import Network
from tests.inspection.conftest import Plain


def test_probabilities_are_those_of_the_untouched_network(pocket: Network, photo: Tensor, plain: Plain) -> None:
    with torch.no_grad():
        expected = plain(photo).softmax(1)
    assert torch.allclose(probabilities(pocket, photo), expected, atol=1e-5)
    assert predicted_class(pocket, photo) == int(expected.argmax())


def test_top_classes_come_most_probable_first(pocket: Network, photo: Tensor) -> None:
    best = top_classes(pocket, photo, 4)
    shares = [each.probability for each in best]
    assert len(best) == 4 and shares == sorted(shares, reverse=True)
    assert best[0].index == predicted_class(pocket, photo) and best[0].name == pocket.classes[best[0].index]
