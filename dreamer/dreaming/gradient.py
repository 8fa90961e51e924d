"""The gradient of an octave's targets by the picture: one forward and backward pass, whole or in tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from dreamer.dreaming.bound_targets import Activations, BoundTarget, Window
from dreamer.dreaming.events import TileHalved
from dreamer.dreaming.normalization import rms, unit_rms
from dreamer.dreaming.protocols import Cut
from dreamer.dreaming.tiles import SMALLEST_TILE, cut_tiles
from dreamer.dreaming.transforms import ViewTransform
from dreamer.errors import DeviceError


@dataclass(frozen=True)
class Objective:
    """The bound targets of one octave and how they share the gradient.

    `masks`: for each target (1, 1, H, W) in [0, 1], or None. `features_layer`: the layer whose distance from the photo
    is held back with weight `features`.
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
        """Whether the starting picture must be seen at each step, too."""
        return self.features > 0 or any(bound.needs_reference for bound in self.targets)

    def scores(
        self, seen: Activations, reference: Activations | None, view: Window
    ) -> tuple[list[Tensor], list[Tensor]]:
        """(B,) weighted score of each target, and the summed score of each group."""
        each = [bound.target.weight * bound.score(seen, reference, view) for bound in self.targets]
        grouped = [torch.stack([each[number] for number in group]).sum(0) for group in self.groups]
        if self.features > 0 and reference is not None:
            own, first = seen[self.features_layer].float(), reference[self.features_layer].float()
            distance = (own - first).square().flatten(1).sum(1) / (first.square().flatten(1).sum(1) + 1e-6)
            grouped.append(-distance)
        return each, grouped


class TargetGradient:
    """Callable for one octave: the picture to its gradient (B, 3, H, W) at a root mean square of 1, and its score.

    Runs in tiles of `tile` px where given, and halves them where memory runs out.
    """

    def __init__(
        self, cut: Cut, objective: Objective, *, tile: int | None, halo: int, report: Callable[[TileHalved], None]
    ) -> None:
        self._cut, self._objective = cut, objective
        self._tile, self._halo, self._report = tile, halo, report

    def __call__(
        self, image: Tensor, photo: Tensor, transform: ViewTransform, shift: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """`image`, `photo`: (B, 3, H, W) float32 in [0, 1]. `shift`: px by which the grid of tiles is moved.

        Returns the gradient and the objective (B,).
        """
        leaf = image.detach().requires_grad_(True)
        view = transform(leaf)
        seen, distances, objective = self._view_gradients(
            view.detach(), transform(photo) if self._objective.needs_reference else None, shift
        )
        combined = self._combined(seen, distances, transform)
        if view is leaf:
            return combined, objective
        (gradient,) = torch.autograd.grad(view, leaf, combined)
        return gradient, objective

    def _combined(self, groups: list[Tensor], distances: Tensor | None, transform: ViewTransform) -> Tensor:
        """Mask, balance and add the groups' gradients, each (B, 3, H, W) as seen."""
        objective = self._objective
        held = groups.pop() if distances is not None else None
        total: Tensor | None = None
        for group, gradient in zip(objective.groups, groups, strict=True):
            mask = objective.masks[group[0]]
            if objective.balanced:
                weight = abs(objective.targets[group[0]].target.weight)
                gradient = weight * unit_rms(gradient)
            if mask is not None:
                gradient = gradient * transform(mask)
            total = gradient if total is None else total + gradient
        if total is None:
            raise ValueError("an objective without targets")
        total = unit_rms(total)
        if held is not None and distances is not None:
            # The pull of the photo's features grows with their distance and is nothing at the photo itself.
            pull = objective.features * distances.clamp_min(0).sqrt() / (rms(held) + 1e-12)
            total = total + held * pull.view(-1, 1, 1, 1)
        return total

    def _view_gradients(
        self, view: Tensor, reference: Tensor | None, shift: tuple[int, int]
    ) -> tuple[list[Tensor], Tensor | None, Tensor]:
        """Gradient of each group by the view, the features' distance (B,) if held back, and the objective (B,)."""
        while True:
            try:
                if self._tile is None:
                    height, width = view.shape[-2:]
                    found = self._pass(view, reference, Window(0, 0, height, width, height, width))
                    return found.gradients, found.distances, found.objective
                return self._tiled(view, reference, shift, self._tile)
            except RuntimeError as error:
                if not _out_of_memory(error):
                    raise
                self._tile = self._halved(self._tile or max(view.shape[-2:]), error)
            # Only here, where the error and with it the failed pass' activations are gone.
            if view.device.type == "cuda":
                torch.cuda.empty_cache()
            self._report(TileHalved(self._tile))

    def _halved(self, side: int, error: RuntimeError) -> int:
        smallest = max(SMALLEST_TILE, self._cut.smallest - 2 * self._halo)
        if side <= smallest:
            raise DeviceError(
                f"out of memory even with tiles of {side} px",
                remedy="Close other programs, take a smaller network or layer, or use --device cpu.",
            ) from error
        return max(side // 2 // 32 * 32, smallest)

    def _tiled(
        self, view: Tensor, reference: Tensor | None, shift: tuple[int, int], side: int
    ) -> tuple[list[Tensor], Tensor | None, Tensor]:
        height, width = view.shape[-2:]
        tiles = cut_tiles((height, width), side, self._halo, self._cut.stride, shift)
        groups: list[Tensor] = []
        distances, objective, counted = torch.zeros(()), view.new_zeros(len(view)), 0
        for tile in tiles:
            crop = (..., slice(tile.top, tile.top + tile.height), slice(tile.left, tile.left + tile.width))
            where = Window(tile.top, tile.left, tile.height, tile.width, height, width)
            part = None if reference is None else reference[crop]
            found = self._pass(view[crop], part, where)
            groups = groups or [torch.zeros_like(view) for _ in found.gradients]
            inner, local = tile.inner_slices()
            for whole, gradient in zip(groups, found.gradients, strict=True):
                # Scores are means over a tile's cells; weighted by their number they add up as the whole picture's.
                whole[inner] = found.cells * gradient[local]
            objective = objective + found.cells * found.objective
            if found.distances is not None:
                distances = distances.to(view.device) + found.cells * found.distances
            counted += found.cells
        return groups, distances / counted if distances.ndim else None, objective / counted

    def _pass(self, view: Tensor, reference: Tensor | None, where: Window) -> _Pass:
        objective = self._objective
        leaf = view.detach().requires_grad_(True)
        with torch.no_grad():
            first = None if reference is None else self._cut(reference)
        once = len(objective.groups) + (objective.features > 0) == 1
        seen = self._cut.repeated(leaf) if once else self._cut(leaf)
        each, grouped = objective.scores(seen, first, where)
        last = len(grouped) - 1
        gradients = [
            torch.autograd.grad(score.sum(), leaf, retain_graph=number < last)[0]
            for number, score in enumerate(grouped)
        ]
        maps = (value.shape[2] * value.shape[3] for value in seen.values() if value.ndim == 4)
        cells = min(maps, default=where.height * where.width)
        distances = -grouped[-1].detach() if objective.features > 0 else None
        return _Pass(gradients, distances, torch.stack(each).sum(0).detach(), cells)


@dataclass(frozen=True)
class _Pass:
    """Of one view: each group's gradient, the features' distance (B,), the objective (B,), and the cells it covers."""

    gradients: list[Tensor]
    distances: Tensor | None
    objective: Tensor
    cells: int


def _out_of_memory(error: RuntimeError) -> bool:
    """Whether memory ran out: CUDA says so by type; its libraries, Metal and the CPU's allocator only by message."""
    signs = ("allocate memory", "out of memory", "ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in signs)
