"""The gradient of an octave's targets by the picture: one forward and backward pass, whole or in tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from dreamer.buffers import give_back, relax, reused_memory
from dreamer.dreaming.bound_targets import Window
from dreamer.dreaming.dead_targets import joined
from dreamer.dreaming.events import TileHalved
from dreamer.dreaming.normalization import rms, unit_rms
from dreamer.dreaming.passes import Objective, Site, shared
from dreamer.dreaming.protocols import Cut
from dreamer.dreaming.strips import any_value, updated, zeros_like
from dreamer.dreaming.tiles import SMALLEST_TILE, Tile, cut_tiles
from dreamer.dreaming.transforms import ViewTransform
from dreamer.errors import DeviceError
from dreamer.presets.model.canvas import FLAT, Wraps
from dreamer.refusals import ran_out_of_memory

# Tiles after which freed memory is given back: between passes that reuse it, gaps add up that nothing fits into.
GIVEN_BACK_EVERY = 8


class TargetGradient:
    """Callable for one octave: the picture to its gradient (B, 3, H, W) at a root mean square of 1, and its score.

    Runs in tiles of `tile` px where given, and halves them where memory runs out; `snug` tiles are no larger than they
    must be. `on_tile(number, count)` is called after each tile. `others`: the same cut and objective on other devices,
    which share the tiles. `alive`: for the place of each target in the objective, (B,) whether any of its gradients so
    far was not zero, together with those that share its pass.
    """

    def __init__(
        self,
        cut: Cut,
        objective: Objective,
        *,
        tile: int | None,
        halo: int,
        report: Callable[[TileHalved], None],
        snug: bool = False,
        on_tile: Callable[[int, int], None] = lambda number, count: None,
        others: Sequence[Site] = (),
        wraps: Wraps = FLAT,
    ) -> None:
        self._cut, self._objective, self._wraps = cut, objective, wraps
        self._tile, self._halo, self._report = tile, halo, report
        self._snug, self._on_tile = snug, on_tile
        self._sites = [Site(cut, objective), *others]
        self.alive: dict[int, Tensor] = {}

    def __call__(
        self, image: Tensor, photo: Tensor, transform: ViewTransform, shift: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """`image`, `photo`: (B, 3, H, W) float32 in [0, 1]. `shift`: px by which the grid of tiles is moved.

        Returns the gradient, which nothing else holds, and the objective (B,).
        """
        reference = photo if self._objective.needs_reference else None
        gradients, distances, objective = self._group_gradients(image.detach(), reference, transform, shift)
        return transform.pulled_back(self._combined(gradients, distances, transform)), objective

    def _combined(self, groups: list[Tensor], distances: Tensor | None, transform: ViewTransform) -> Tensor:
        """Mask, balance and add the groups' gradients, each (B, 3, H, W) by the transformed picture."""
        objective = self._objective
        features = groups.pop() if distances is not None else None
        total: Tensor | None = None
        for group in objective.groups:
            gradient = groups.pop(0)
            self.alive = joined(self.alive, dict.fromkeys(group, any_value(gradient)))
            mask = objective.masks[group[0]]
            if objective.balanced:
                weight = abs(objective.targets[group[0]].target.weight)
                gradient = updated(unit_rms(gradient), lambda part, weight=weight: weight * part)
            if mask is not None:
                gradient = updated(gradient, torch.mul, transform(mask))
            total = gradient if total is None else updated(total, torch.add, gradient)
        if total is None:
            raise ValueError("an objective without targets")
        total = unit_rms(total)
        if features is not None and distances is not None:
            # The pull of the photo's features grows with their distance and is zero at the photo itself.
            pull = objective.features * distances.clamp_min(0).sqrt() / (rms(features) + 1e-12)
            pull = pull.view(-1, 1, 1, 1)
            total = updated(total, lambda total, features: total + features * pull, features)
        return total

    def _group_gradients(
        self, image: Tensor, reference: Tensor | None, transform: ViewTransform, shift: tuple[int, int]
    ) -> tuple[list[Tensor], Tensor | None, Tensor]:
        """Gradient of each group, the features' distance (B,) where it is penalized, and the objective (B,)."""
        while True:
            try:
                if self._tile is None:
                    height, width = image.shape[-2:]
                    seen = None if reference is None else transform(reference)
                    whole = self._sites[0].passed(transform(image), seen, Window(0, 0, height, width, height, width))
                    return whole.gradients, whole.distances, whole.objective
                with reused_memory():
                    return self._tiled(image, reference, transform, shift, self._tile)
            except (MemoryError, RuntimeError) as error:
                if not ran_out_of_memory(error):
                    raise
                self._tile = self._halved(self._tile or max(image.shape[-2:]), error)
            # Only here, where the error and with it the failed pass' activations are gone.
            if image.device.type == "cuda":
                torch.cuda.empty_cache()
            self._report(TileHalved(self._tile))

    def _halved(self, side: int, error: Exception) -> int:
        smallest = max(SMALLEST_TILE, self._cut.smallest - 2 * self._halo)
        if side <= smallest:
            raise DeviceError(
                f"out of memory even with tiles of {side} px",
                remedy="Close other programs, take a smaller network or layer, or use --device cpu.",
            ) from error
        return max(side // 2 // 32 * 32, smallest)

    def _tiled(
        self,
        image: Tensor,
        reference: Tensor | None,
        transform: ViewTransform,
        shift: tuple[int, int],
        side: int,
    ) -> tuple[list[Tensor], Tensor | None, Tensor]:
        height, width = image.shape[-2:]
        if not transform.only_rolls:
            image, reference = transform(image), None if reference is None else transform(reference)
            transform = ViewTransform()
        snug = self._cut.smallest if self._snug else 0
        tiles = cut_tiles((height, width), side, self._halo, self._cut.stride, shift, snug=snug, wraps=self._wraps)

        def crops(tile: Tile) -> tuple[Tensor, Tensor | None, Window]:
            place = tile.top, tile.left, tile.height, tile.width
            part = None if reference is None else transform.window(reference, *place)
            return transform.window(image, *place), part, Window(*place, height, width)

        groups: list[Tensor] = []
        distances, objective, counted = torch.zeros(()), image.new_zeros(len(image)), 0
        passes = shared(self._sites, map(crops, tiles))
        for number, (tile, result) in enumerate(zip(tiles, passes, strict=True), 1):
            groups = groups or [zeros_like(image) for _ in result.gradients]
            inner, local = tile.inner_slices()
            for total, gradient in zip(groups, result.gradients, strict=True):
                # Scores are means over a tile's cells; weighted by their number they add up as the whole picture's.
                total[inner] = (result.cells * gradient[local]).to(image.device)
            objective = objective + result.cells * result.objective.to(image.device)
            relax(image, *groups, *([] if reference is None else [reference]))
            if result.distances is not None:
                distances = distances.to(image.device) + result.cells * result.distances.to(image.device)
            counted += result.cells
            if image.device.type == "cpu" and number % GIVEN_BACK_EVERY == 0:
                give_back()
            self._on_tile(number, len(tiles))
        return groups, distances / counted if distances.ndim else None, objective / counted
