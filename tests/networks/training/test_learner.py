from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dreamer.networks.pocket import Architecture, PocketNetwork
from dreamer.networks.training import TrainingPlan
from dreamer.networks.training.learner import Learner, one_cycle

PLAN = TrainingPlan(epochs=1, batch=4, side=32, cutmix_share=1.0, architecture=Architecture(0.05))


def learner(plan: TrainingPlan = PLAN, steps: int = 20) -> Learner:
    torch.manual_seed(0)
    return Learner(PocketNetwork(3, plan.architecture), plan, steps)


def learn(learner: Learner, steps: range) -> list[float]:
    """As the loop does: all random numbers are a function of the step."""
    losses = []
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        torch.manual_seed(step)
        image = torch.rand(4, 3, 32, 32, generator=generator)
        losses.append(learner.step(image, torch.tensor([0, 1, 2, 0]), generator))
    return losses


@pytest.mark.slow
def test_a_restored_learner_goes_on_as_the_one_that_was_saved() -> None:
    whole, first, second = learner(), learner(), learner()
    expected = learn(whole, range(6))
    learn(first, range(3))
    second.restore(first.state())
    assert learn(second, range(3, 6)) == expected[3:]
    for mine, theirs in zip(second.averaged.state_dict().values(), whole.averaged.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)


def test_cutmix_depends_on_the_generator_alone_and_leaves_torchs_numbers_alone() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    image, labels = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 0])
    (mixed, shares), (again, _) = (learner()._mixed(image, labels, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(mixed, again)
    kept = (mixed == image).all(1).float().mean()
    assert float(shares[1, 1]) == pytest.approx(float(kept), abs=0.02) and 0 < float(kept) < 1
    assert torch.allclose(shares.sum(1), torch.ones(4))
    torch.random.set_rng_state(before)
    model = learner()
    torch.manual_seed(5)
    model._mixed(image, labels, torch.Generator().manual_seed(1))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.slow
def test_the_average_forgets_the_start_quickly_and_the_rest_slowly() -> None:
    plan = replace(PLAN, average=0.5, learning_rate=0.01)
    model, weights = learner(plan), []
    for step in range(20):
        learn(model, range(step, step + 1))
        weights.append(model.network.fc.weight.detach().clone())
    expected = weights[0]
    for step, weight in enumerate(weights[1:], 1):
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight
    assert torch.allclose(model.averaged.fc.weight, expected, atol=1e-6)
    # Statistics of batch norms are averaged too.
    assert not torch.equal(model.averaged.conv1.bn.running_mean, model.network.conv1.bn.running_mean)


def test_the_rate_rises_along_a_line_and_falls_along_a_cosine() -> None:
    assert one_cycle(0) == pytest.approx(0.05) and one_cycle(0.15) == pytest.approx(1)
    assert one_cycle(0.075) == pytest.approx((0.05 + 1) / 2)
    assert one_cycle(0.575) == pytest.approx((1 + 0.001) / 2) and one_cycle(1) == pytest.approx(0.001)
