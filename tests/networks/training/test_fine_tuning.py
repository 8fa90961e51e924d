from __future__ import annotations

import pytest
import torch

from dreamer.errors import UsageError
from dreamer.networks.pocket import Architecture, PocketNetwork
from dreamer.networks.training import architecture_like
from dreamer.networks.training.fine_tuning import take_over
from dreamer.networks.weights import LoadedNetwork

KNOWN = Architecture(0.1, activation="leaky")


@pytest.fixture
def start() -> LoadedNetwork:
    return LoadedNetwork("mine", PocketNetwork(2, KNOWN), ("cat", "dog"), (0, 0, 0), (1, 1, 1), "digest")


def test_what_is_not_asked_for_is_as_in_the_network_to_begin_with(start: LoadedNetwork) -> None:
    assert architecture_like(None, width=None, activation=None) == Architecture()
    assert architecture_like(None, width=0.3) == Architecture(0.3)
    assert architecture_like(start, width=None, antialiased=True) == Architecture(0.1, True, "leaky")
    assert architecture_like(start, width=0.1, activation="relu") == Architecture(0.1)
    with pytest.raises(UsageError, match=r"whose width is 0\.1"):
        architecture_like(start, width=0.5)


def test_a_network_of_another_family_cannot_be_begun_with() -> None:
    other = LoadedNetwork("other", torch.nn.Conv2d(3, 3, 1), (), (0, 0, 0), (1, 1, 1), "digest")
    with pytest.raises(UsageError, match="not a pocket network"):
        architecture_like(other)


def test_rows_of_known_classes_and_layers_that_fit_are_taken_over(start: LoadedNetwork) -> None:
    network = PocketNetwork(3, KNOWN)
    before = network.fc.weight.detach().clone()
    take_over(network, ("bird", "cat", "dog"), start)
    known = start.module
    assert isinstance(known, PocketNetwork)
    assert torch.equal(network.conv1.conv.weight, known.conv1.conv.weight)
    assert torch.equal(network.fc.weight[1:], known.fc.weight) and torch.equal(network.fc.weight[0], before[0])
