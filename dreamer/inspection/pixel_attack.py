"""Adversarial examples of one pixel, or a few, found without gradients."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dreamer.dreaming.randomness import generator_at
from dreamer.errors import ToolError
from dreamer.inspection.attack_goals import (
    TOGETHER,
    AdversarialExample,
    Control,
    Goal,
    control_of,
    example_of,
    goal_of,
)
from dreamer.networks import Network

# Su, Vargas & Sakurai have 400 candidates for 100 generations, on pictures of 32 x 32 px.
CANDIDATES, GENERATIONS = 100, 30


def fool_by_pixels(
    network: Network,
    photo: Tensor,
    index: int | None = None,
    *,
    count: int = 1,
    seed: int = 0,
    generations: int = GENERATIONS,
) -> AdversarialExample:
    """Change `count` pixels of (1, 3, H, W) in [0, 1] so that class `index` is predicted, or any other than now.

    Positions and colors by differential evolution, without any gradient (Su, Vargas & Sakurai 2019). Returns the best
    picture found, whether or not it does it. Raises ToolError where SciPy is missing.
    """
    try:
        from scipy.optimize import differential_evolution
    except ImportError as error:
        remedy = "Install it with: pip install 'dreamer[fool]', or use --method pgd."
        raise ToolError("differential evolution needs SciPy", remedy=remedy) from error
    goal = goal_of(network, photo, index)
    found = differential_evolution(
        lambda columns: -_scores(goal, photo, columns.T),
        [(0, 1)] * (5 * count),
        maxiter=generations,
        popsize=max(1, CANDIDATES // (5 * count)),
        mutation=0.5,
        recombination=1.0,
        polish=False,
        vectorized=True,
        updating="deferred",
        rng=np.random.default_rng(seed),
        callback=lambda intermediate_result: goal.is_reached(_changed(photo, intermediate_result.x[None])),
    )
    return example_of(goal, photo, _changed(photo, found.x[None]))


def pixel_control(
    network: Network, photo: Tensor, index: int | None, *, count: int = 1, draws: int = 20, seed: int = 0
) -> Control:
    """Whether `count` random pixels of random colors do to (1, 3, H, W) in [0, 1] what an attack by pixels did."""
    rows = torch.rand((draws, 5 * count), generator=generator_at(seed, "pixels", count))
    return control_of(goal_of(network, photo, index), photo, _changed(photo, rows.numpy()))


def _scores(goal: Goal, photo: Tensor, rows: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        parts = [goal.scores(_changed(photo, part)) for part in np.array_split(rows, -(-len(rows) // TOGETHER))]
    return torch.cat(parts).cpu().double().numpy()


def _changed(photo: Tensor, rows: np.ndarray) -> Tensor:
    """The photo with the pixels of each row, (N, 5 * count): y, x as shares of its sides, and red, green, blue."""
    pictures = photo.repeat(len(rows), 1, 1, 1)
    height, width = photo.shape[-2:]
    for picture, row in zip(pictures, torch.from_numpy(rows).to(photo), strict=True):
        for y, x, *color in row.view(-1, 5):
            picture[:, min(int(y * height), height - 1), min(int(x * width), width - 1)] = torch.stack(color)
    return pictures
