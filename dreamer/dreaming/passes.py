"""Passes through the network, forward and backward: of the whole picture, or of tiles that devices share."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from dreamer.dreaming.bound_targets import Activations, BoundTarget, Window
from dreamer.dreaming.protocols import Cut

Crop = tuple[Tensor, Tensor | None, Window]
"""A crop of the picture, the same of the starting picture where it is needed, and where it lies."""


@dataclass(frozen=True)
class Objective:
    """The bound targets of one octave and how they share the gradient.

    `masks`: for each target (1, 1, H, W) in [0, 1], or None. `features_layer`: the layer whose distance from the photo
    is penalized with weight `features`.
    """

    targets: Sequence[BoundTarget]
    masks: Sequence[Tensor | None]
    balanced: bool
    features: float = 0.0
    features_layer: str = ""

    @cached_property
    def groups(self) -> list[list[int]]:
        """Numbers of the targets that share a backward pass: masked or balanced ones have their own."""
        alone = [self.balanced or mask is not None for mask in self.masks]
        single = [[number] for number, own in enumerate(alone) if own]
        together = [number for number, own in enumerate(alone) if not own]
        return [*single, together] if together else single

    @property
    def needs_reference(self) -> bool:
        """Whether the activations of the starting picture are needed at each step, too."""
        return self.features > 0 or any(bound.needs_reference for bound in self.targets)

    def scores(
        self, activations: Activations, reference: Activations | None, window: Window
    ) -> tuple[list[Tensor], list[Tensor]]:
        """(B,) weighted score of each target, and the summed score of each group."""
        scores = [bound.target.weight * bound.score(activations, reference, window) for bound in self.targets]
        grouped = [torch.stack([scores[number] for number in group]).sum(0) for group in self.groups]
        if self.features > 0 and reference is not None:
            own, first = activations[self.features_layer].float(), reference[self.features_layer].float()
            distance = (own - first).square().flatten(1).sum(1) / (first.square().flatten(1).sum(1) + 1e-6)
            grouped.append(-distance)
        return scores, grouped


@dataclass(frozen=True)
class Pass:
    """One window's gradient of each group, distance of the features (B,), objective (B,), and number of cells."""

    gradients: list[Tensor]
    distances: Tensor | None
    objective: Tensor
    cells: int


@dataclass(frozen=True)
class Site:
    """A cut and an objective that is bound to it, on one device; None: where the picture is."""

    cut: Cut
    objective: Objective
    device: torch.device | None = None

    def passed(self, image: Tensor, reference: Tensor | None, window: Window, *, alone: bool = True) -> Pass:
        """The pass of a crop. `alone`: no other thread computes meanwhile."""
        objective = self.objective
        leaf = image.detach().to(self.device).requires_grad_(True)
        # While a graph is captured, no other thread may use the device.
        through = self.cut.repeated if alone else self.cut
        with torch.no_grad():
            first = None if reference is None else through(reference.to(self.device))
        activations = through(leaf)
        scores, grouped = objective.scores(activations, first, window)
        last = len(grouped) - 1
        gradients = [
            torch.autograd.grad(score.sum(), leaf, retain_graph=number < last)[0]
            for number, score in enumerate(grouped)
        ]
        maps = (value.shape[2] * value.shape[3] for value in activations.values() if value.ndim == 4)
        cells = min(maps, default=window.height * window.width)
        distances = -grouped[-1].detach() if objective.features > 0 else None
        return Pass(gradients, distances, torch.stack(scores).sum(0).detach(), cells)


def shared(sites: Sequence[Site], crops: Iterable[Crop]) -> Iterator[Pass]:
    """The passes of crops in their order, each by a site that is free; crops are asked for only when one is."""
    if len(sites) == 1:
        for crop in crops:
            yield sites[0].passed(*crop)
        return
    free: queue.SimpleQueue[Site] = queue.SimpleQueue()
    for site in sites:
        free.put(site)

    def passed(image: Tensor, reference: Tensor | None, window: Window) -> Pass:
        site = free.get()
        try:
            return site.passed(image, reference, window, alone=False)
        finally:
            free.put(site)

    waiting: deque[Future[Pass]] = deque()
    with ThreadPoolExecutor(len(sites)) as threads:
        for crop in crops:
            waiting.append(threads.submit(passed, *crop))
            if len(waiting) > len(sites):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
