"""A whole dream: the pyramid of octaves, with the detail carried from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from dreamer.dreaming.ascent import OctaveAscent, Pace
from dreamer.dreaming.canvas import CANVASES, Parameterization
from dreamer.dreaming.dead_targets import DeadTargets
from dreamer.dreaming.events import Listener, TileHalved, Warned, ignore
from dreamer.dreaming.extent import extent_of
from dreamer.dreaming.filters import resized, sharpened, with_color_of
from dreamer.dreaming.gradient import TargetGradient
from dreamer.dreaming.masks import MaskPlacement, check_areas, cropped, nothing_found
from dreamer.dreaming.nearly_gray import nearly_gray
from dreamer.dreaming.noise import plain_picture, start_picture
from dreamer.dreaming.objectives import Objectives, OctaveTargets, check_alike
from dreamer.dreaming.passes import Objective
from dreamer.dreaming.penalties import regularization
from dreamer.dreaming.protocols import Cut, Network
from dreamer.dreaming.randomness import generator_at
from dreamer.dreaming.reports import Reports
from dreamer.dreaming.strips import copied, updated
from dreamer.dreaming.tile_plan import Room, TilePlan, copies, plan_tiles
from dreamer.errors import PresetError
from dreamer.presets.model.schema import Preset, Target
from dreamer.presets.source.named_files import named_pictures


def dream(
    preset: Preset,
    network: Network,
    photo: Tensor | None = None,
    *,
    pictures: Mapping[str, Tensor] | None = None,
    areas: Mapping[str, Tensor] | None = None,
    batch_targets: Sequence[Sequence[Target]] | None = None,
    frame: int = 0,
    free_memory: int = 4 << 30,
    others: Sequence[Network] = (),
    resume: OctaveState | None = None,
    keep: Callable[[OctaveState], None] | None = None,
    listen: Listener = ignore,
) -> Tensor:
    """Dream by `preset` and return (B, 3, H, W) float32 in [0, 1], sRGB, on the network's device.

    `photo`: (B, 3, h, w) float32 in [0, 1], sRGB; needed where the canvas starts as one; each picture of a batch comes
    out as it would alone. `pictures`: (1, 3, h, w) for each path that the preset names (guide, style, masks).
    `areas`: (B, 1, h, w) in [0, 1] for each name of what its masks let find in the photos, in their shape.
    `batch_targets`: for every picture of the batch its own targets in place of the preset's, equally many, so that many
    kernels are drawn in one pass. `frame` is the frame of an animation and part of the seed. `free_memory`: bytes that
    may be taken. `others`: the same network on other devices, which share the tiles of a large picture. `keep` is given
    the state after each octave but the last, from which another call goes on as `resume`: to be used at once, because
    what it holds is written over. The same arguments give the same pixels on the same machine.
    Mordvintsev, Olah & Tyka 2015, "Inceptionism".

    A side that is too short for the network is dreamt with its mirror image around it; one without a seam
    (`canvas.seamless`) comes out as a multiple of the network's stride.

    Raises PresetError where a picture is missing, TargetError for what the network does not have,
    DeviceError where memory runs out even with the smallest tiles.
    """
    given = dict(pictures or {}), dict(areas or {})
    made = _Dream(preset, network, photo, *given, batch_targets, frame, free_memory, others, listen)
    first = 0 if resume is None else made.resumed(resume)
    del resume  # whose picture is as large as the canvas
    return made.run(first, keep)


@dataclass(frozen=True, eq=False)
class OctaveState:
    """All that the octaves after the first `octave` depend on.

    `picture`: (1, 3, H, W) float32. `free_memory` and `largest_tile` decide the tiles. `alive`: the targets that have
    had a gradient, or not.
    """

    octave: int
    picture: Tensor
    free_memory: int
    largest_tile: int | None
    alive: Mapping[int, bool]


class _Dream:
    def __init__(
        self,
        preset: Preset,
        network: Network,
        photo: Tensor | None,
        pictures: dict[str, Tensor],
        areas: dict[str, Tensor],
        batch_targets: Sequence[Sequence[Target]] | None,
        frame: int,
        free_memory: int,
        others: Sequence[Network],
        listen: Listener,
    ) -> None:
        if batch_targets is not None:
            check_alike(preset, batch_targets)
            preset = preset.model_copy(update={"targets": tuple(batch_targets[0])})
        self.preset, self.network, self.frame = preset, network, frame
        self.free_memory, self.others, self.listen = free_memory, others, listen
        device = network.device
        pictures = {path: picture.to(device) for path, picture in pictures.items()}
        self.from_photo = preset.canvas.start == "photo"
        if self.from_photo and photo is None:
            raise PresetError(
                ["canvas.start is 'photo', but there is no photo"],
                remedy="Give a picture, or set canvas.start to 'noise' or a color.",
            )
        missing = [path for path in named_pictures(preset) if path not in pictures]
        if missing:
            raise PresetError([f"picture {path!r} is named but not given" for path in missing])
        check_areas(preset, areas)
        self.targets = OctaveTargets(preset, regularization(preset), batch_targets)
        self.wraps = preset.canvas.wraps
        size = None if photo is None else (photo.shape[2], photo.shape[3])
        self.extent = extent_of(preset, size, self.targets.cut(network, range(preset.octaves.count)))
        self.sizes = self.extent.octaves
        self.start = self._start(None if photo is None else photo.to(device))
        if batch_targets is not None and len(self.start) == 1:
            self.start = self.start.expand(len(batch_targets), -1, -1, -1).contiguous()
        self.areas = {name: cropped(area.to(device), *self.extent.output, self.wraps) for name, area in areas.items()}
        self.masks = MaskPlacement(self.extent, pictures, self.areas, device)
        self.objectives = Objectives(self.targets, self.masks, self.start, pictures)
        self.steps = self.targets.steps()
        self.reports = Reports(self.sizes, self.steps, listen)
        self.largest_tile: int | None = None
        self.dead = DeadTargets()

    picture: Tensor
    photo: Tensor

    def run(self, first: int, keep: Callable[[OctaveState], None] | None) -> Tensor:
        """Dream at each octave from number `first` on."""
        for octave in range(first, len(self.sizes)):
            self.picture = self._octave(octave, self._begin(octave))
            if keep is not None and octave + 1 < len(self.sizes):
                alive = {number: bool(each.any()) for number, each in self.dead.alive.items()}
                keep(OctaveState(octave + 1, self.picture, self.free_memory, self.largest_tile, alive))
        self._warn(self.picture, self.photo)
        return self.extent.seen(self.picture)

    def resumed(self, state: OctaveState) -> int:
        """Be as after the octaves of a state; their number, 0 for a state of another dream."""
        if state.octave >= len(self.sizes) or state.picture.shape[-2:] != self.sizes[state.octave - 1]:
            return 0
        self.picture = state.picture.to(self.network.device)
        self.photo = self._base(*self.sizes[state.octave - 1])
        self.free_memory, self.largest_tile = state.free_memory, state.largest_tile
        self.dead.add({number: torch.tensor([each]).to(self.picture.device) for number, each in state.alive.items()})
        return state.octave

    def _begin(self, octave: int) -> Tensor:
        """What an octave begins with: the photo at its size, and what was dreamt before."""
        size = self.sizes[octave]
        if octave == 0:
            self.photo = self._base(*size)
            return copied(self.photo)
        # The dream is what differs from the photo. Carrying the difference, not the picture, keeps the photo as sharp
        # as it is at each size.
        dream = updated(self.picture, torch.sub, self.photo)
        del self.picture, self.photo
        carried = self._carried(dream, *size)
        del dream
        self.photo = self._base(*size)
        return updated(carried, _begun, self.photo)

    def _warn(self, picture: Tensor, photo: Tensor) -> None:
        """Tell why pictures may not be what was wanted, where something was dreamt at all."""
        for warned in nothing_found(self.preset, self.areas):
            self.listen(warned)
        targets = self.targets.batch or [self.preset.targets] * len(picture)
        dead = list(self.dead.warnings(self.preset, targets))
        told = {number for warned in dead for number in warned.pictures}
        if rounded := self.extent.warning:
            self.listen(Warned(rounded, tuple(range(len(picture)))))
        gray = (
            nearly_gray(self.preset, picture, photo if self.from_photo else None, told) if self.reports.work else None
        )
        for warned in [*dead, gray] if gray else dead:
            self.listen(warned)

    def _carried(self, dream: Tensor, height: int, width: int) -> Tensor:
        """A dream as it goes into an octave of this size, sharpened by as much as enlarging has blurred it."""
        ratio = max(height / dream.shape[2], width / dream.shape[3])
        return sharpened(resized(dream, height, width, self.wraps), self.preset.octaves.sharpen, ratio, self.wraps)

    def _start(self, photo: Tensor | None) -> Tensor:
        """What the canvas starts as, at the size that octaves are resampled from."""
        if self.from_photo and photo is not None:
            return self.extent.start(photo)
        # Without a photo nothing has to stay sharp: noise is made for the smallest octave and grows with the rest.
        generator = generator_at(self.preset.seed, self.frame, "noise")
        return start_picture(self.preset.canvas, *self.sizes[0], generator).to(self.network.device)

    def _base(self, height: int, width: int) -> Tensor:
        if self.start.shape[-2:] == (height, width):
            return self.start  # in [0, 1]
        return updated(resized(self.start, height, width, self.wraps), lambda part: part.clamp(0, 1)).contiguous()

    def _octave(self, octave: int, begin: Tensor) -> Tensor:
        size = self.sizes[octave]
        cut = self.targets.cut(self.network, [octave])
        objective = self.objectives.of(octave, size, self.network)
        tiles = self._tiles(cut, objective, size)
        mask = self.masks.of_canvas(self.preset.canvas, *size)
        self.reports.octave_started(octave, tiles.side)
        canvas = CANVASES[self.preset.canvas.space](begin)
        if self.steps[octave]:
            self._ascend(octave, canvas, self._gradient(octave, cut, objective, tiles), mask)
        picture = canvas.picture()
        if self.preset.keep_colors:
            picture = updated(picture, with_color_of, self.photo)
        return picture if mask is None else updated(picture, _masked, self.photo, mask)

    def _gradient(self, octave: int, cut: Cut, objective: Objective, tiles: TilePlan) -> TargetGradient:
        shared = tiles.side is not None
        return TargetGradient(
            cut,
            objective,
            tile=tiles.side,
            halo=self.preset.tiles.halo,
            report=self._halved,
            snug=tiles.snug,
            on_tile=lambda number, count: self.reports.tile_done(octave, number, count),
            others=self.objectives.sites(octave, self.sizes[octave], objective, self.others) if shared else (),
            wraps=self.wraps,
        )

    def _ascend(self, octave: int, canvas: Parameterization, gradient: TargetGradient, mask: Tensor | None) -> None:
        preset = self.preset
        ascent = OctaveAscent(
            preset.ascent,
            gradient,
            self.targets.regularization,
            self.photo,
            mask,
            preset.keep_colors,
            self.photo if self.from_photo else plain_picture(preset.canvas).to(self.photo.device),
            Pace(octave, sum(self.steps[:octave]), sum(self.steps)),
            self.wraps,
        )
        for step, score in ascent.steps(canvas, self.steps[octave], self._randomness(octave)):
            self.reports.step_done(octave, step, score, self.extent.seen(canvas.picture()))
        active = self.targets.active(octave)
        self.dead.add({active[place]: alive for place, alive in gradient.alive.items()})

    def _randomness(self, octave: int) -> Callable[[int], Generator]:
        return lambda step: generator_at(self.preset.seed, self.frame, octave, step)

    def _tiles(self, cut: Cut, objective: Objective, size: tuple[int, int]) -> TilePlan:
        batch, reference = len(self.photo), 1.5 if objective.needs_reference else 1.0
        room = Room(
            free=self.free_memory,
            held=copies(self.preset, objective) * self.photo.nbytes,
            per_pixel=cut.bytes_per_pixel * batch * reference,
            smallest=cut.smallest,
            on_processor=self.network.device.type == "cpu",
            devices=1 + len(self.others),
        )
        plan = plan_tiles(self.preset.tiles, size, room)
        if self.largest_tile is None:
            return plan
        side = min(plan.side or self.largest_tile, self.largest_tile)
        return replace(plan, side=max(side, cut.smallest - 2 * self.preset.tiles.halo))

    def _halved(self, event: TileHalved) -> None:
        # Octaves grow: the next one need not run out of memory again to learn the same.
        self.largest_tile = event.tile
        self.listen(event)


def _begun(dream: Tensor, photo: Tensor) -> Tensor:
    return (photo + dream).clamp(0, 1)


def _masked(picture: Tensor, photo: Tensor, mask: Tensor) -> Tensor:
    return photo + mask * (picture - photo)
