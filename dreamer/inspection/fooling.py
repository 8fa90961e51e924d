"""Adversarial examples by the gradient: the smallest change found that fools a network, against noise of its size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from dreamer.dreaming.randomness import generator_at
from dreamer.inspection.attack_goals import AdversarialExample, Control, Goal, control_of, example_of, goal_of
from dreamer.networks import Network

Method = Literal["fgsm", "pgd"]
LARGEST = 0.25
DOUBLINGS = 8
STEPS = 20


def fool(
    network: Network, photo: Tensor, index: int | None = None, *, method: Method = "pgd", halvings: int = 5
) -> AdversarialExample:
    """The smallest change of (1, 3, H, W) found that makes class `index` the predicted one, or any other than now.

    fgsm: one step along the gradient's sign (Goodfellow, Shlens & Szegedy 2015); pgd: many, each back into the box
    (Madry et al. 2018). The box's half width is doubled up to 0.25 until it works, and bisected `halvings` times below
    that; returns the smallest change that worked, or the largest where none did.
    """
    goal, attack = goal_of(network, photo, index), _ATTACKS[method]
    low, high, best = 0.0, LARGEST / 2**DOUBLINGS, photo
    succeeded = goal.is_reached(photo)
    # From small to large, since one large step may lead past what a smaller one reaches.
    while not succeeded and high <= LARGEST:
        best = attack(goal, photo, high)
        succeeded = goal.is_reached(best)
        if not succeeded:
            low, high = high, 2 * high
    for _ in range(halvings if succeeded and high > low else 0):
        middle = (low + high) / 2
        attempt = attack(goal, photo, middle)
        if goal.is_reached(attempt):
            best, high = attempt, middle
        else:
            low = middle
    return example_of(goal, photo, best)


def noise_control(
    network: Network, photo: Tensor, index: int | None, size: float, *, draws: int = 20, seed: int = 0
) -> Control:
    """Whether random signs times `size` do to (1, 3, H, W) in [0, 1] what an attack of that size did.

    They are as large in every value as the attack is in its largest, so that they are at least as long.
    """
    noises = [torch.randn(photo.shape, generator=generator_at(seed, "noise", draw)) for draw in range(draws)]
    pictures = (photo + size * torch.cat(noises).sign().to(photo.device)).clamp(0, 1)
    return control_of(goal_of(network, photo, index), photo, pictures)


def _gradient(goal: Goal, photo: Tensor) -> Tensor:
    leaf = photo.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(goal.scores(leaf).sum(), leaf)
    return gradient


def _one_step(goal: Goal, photo: Tensor, size: float) -> Tensor:
    return (photo + size * _gradient(goal, photo).sign()).clamp(0, 1)


def _projected(goal: Goal, photo: Tensor, size: float) -> Tensor:
    picture = photo
    for _ in range(STEPS):
        moved = picture + size / 5 * _gradient(goal, picture).sign()
        picture = torch.minimum(torch.maximum(moved, photo - size), photo + size).clamp(0, 1)
        if goal.is_reached(picture):
            break
    return picture


_ATTACKS: dict[str, Callable[[Goal, Tensor, float], Tensor]] = {"fgsm": _one_step, "pgd": _projected}
