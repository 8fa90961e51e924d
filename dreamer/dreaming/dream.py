"""A whole dream: the pyramid of octaves, with the detail carried from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from dreamer.dreaming.ascent import OctaveAscent, Pace
from dreamer.dreaming.bound_targets import LOGITS, BoundTarget
from dreamer.dreaming.canvas import CANVASES
from dreamer.dreaming.dead_targets import DeadTargets
from dreamer.dreaming.events import Listener, OctaveStarted, StepDone, TileDone, TileHalved, Warned, ignore
from dreamer.dreaming.extent import extent_of, filled
from dreamer.dreaming.filters import resized, sharpened, with_color_of
from dreamer.dreaming.gradient import TargetGradient
from dreamer.dreaming.masks import draw_canvas_mask, draw_mask, nothing_found
from dreamer.dreaming.nearly_gray import nearly_gray
from dreamer.dreaming.noise import plain_picture, start_picture
from dreamer.dreaming.passes import Objective, Site
from dreamer.dreaming.penalties import regularization
from dreamer.dreaming.protocols import Cut, Network
from dreamer.dreaming.randomness import generator_at
from dreamer.dreaming.strips import copied, updated
from dreamer.dreaming.targets import bind_batch, bind_target
from dreamer.dreaming.tile_plan import Room, TilePlan, copies, plan_tiles
from dreamer.errors import PresetError
from dreamer.presets.model.canvas import Mask, Wraps
from dreamer.presets.model.schema import Preset, Target
from dreamer.presets.source.named_files import named_pictures, wanted_areas


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
    return made.run(resume, keep)


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
            _check_alike(preset, batch_targets)
            preset = preset.model_copy(update={"targets": tuple(batch_targets[0])})
        self.preset, self.network, self.frame, self.batch_targets = preset, network, frame, batch_targets
        self.free_memory, self.others, self.listen = free_memory, others, listen
        device = network.device
        self.pictures = {path: picture.to(device) for path, picture in pictures.items()}
        self.from_photo = preset.canvas.start == "photo"
        if self.from_photo and photo is None:
            raise PresetError(
                ["canvas.start is 'photo', but there is no photo"],
                remedy="Give a picture, or set canvas.start to 'noise' or a color.",
            )
        missing = [path for path in named_pictures(preset) if path not in self.pictures]
        if missing:
            raise PresetError([f"picture {path!r} is named but not given" for path in missing])
        check_areas(preset, areas)
        self.regularization = regularization(preset)
        self.wraps = preset.canvas.wraps
        size = None if photo is None else (photo.shape[2], photo.shape[3])
        self.extent = extent_of(preset, size, self._cut_for(range(preset.octaves.count)))
        self.sizes = self.extent.octaves
        self.start = self._start(None if photo is None else photo.to(device))
        self.areas = {name: _cropped(area.to(device), *self.extent.output, self.wraps) for name, area in areas.items()}
        if batch_targets is not None and len(self.start) == 1:
            self.start = self.start.expand(len(batch_targets), -1, -1, -1).contiguous()
        # Where no target counts there is nothing to ascend.
        self.steps = [preset.octaves.steps_at(o) if self._active(o) else 0 for o in range(preset.octaves.count)]
        self.work = [h * w * steps for (h, w), steps in zip(self.sizes, self.steps, strict=True)]
        self.largest_tile: int | None = None
        self.dead = DeadTargets()

    picture: Tensor
    photo: Tensor
    step: int

    def run(self, resume: OctaveState | None, keep: Callable[[OctaveState], None] | None) -> Tensor:
        """Dream at each octave, the smallest first."""
        first = 0
        if resume is not None:
            first = self._resume(resume)
            del resume
        for octave in range(first, len(self.sizes)):
            self.picture = self._octave(octave, self._begin(octave))
            if keep is not None and octave + 1 < len(self.sizes):
                alive = {number: bool(each.any()) for number, each in self.dead.alive.items()}
                keep(OctaveState(octave + 1, self.picture, self.free_memory, self.largest_tile, alive))
        self._warn(self.picture, self.photo)
        return self.extent.seen(self.picture)

    def _resume(self, state: OctaveState) -> int:
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
        targets = self.batch_targets or [self.preset.targets] * len(picture)
        dead = list(self.dead.warnings(self.preset, targets))
        told = {number for warned in dead for number in warned.pictures}
        if rounded := self.extent.warning:
            self.listen(Warned(rounded, tuple(range(len(picture)))))
        gray = nearly_gray(self.preset, picture, photo if self.from_photo else None, told) if sum(self.work) else None
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
        preset, photo, (height, width) = self.preset, self.photo, self.sizes[octave]
        steps = self.steps[octave]
        cut = self._cut_for([octave])
        objective = self._objective(octave, height, width)
        tiles = self._tiles(cut, objective, (height, width))
        mask = self._canvas_mask(height, width)
        self.listen(OctaveStarted(octave + 1, len(self.sizes), height, width, steps, tiles.side))
        canvas = CANVASES[preset.canvas.space](begin)
        if steps:
            gradient = TargetGradient(
                cut,
                objective,
                tile=tiles.side,
                halo=preset.tiles.halo,
                report=self._halved,
                snug=tiles.snug,
                on_tile=lambda number, count: self._tile_done(octave, number, count),
                others=self._sites(octave) if tiles.side is not None else (),
                wraps=self.wraps,
            )
            ascent = OctaveAscent(
                preset.ascent,
                gradient,
                self.regularization,
                photo,
                mask,
                preset.keep_colors,
                photo if self.from_photo else plain_picture(preset.canvas).to(photo.device),
                Pace(octave, sum(self.steps[:octave]), sum(self.steps)),
                self.wraps,
            )
            self.step = 0
            for step, score in ascent.steps(canvas, steps, self._randomness(octave)):
                self.step = step
                share = self._share(octave, step)
                seen = self.extent.seen(canvas.picture())
                self.listen(StepDone(octave + 1, len(self.sizes), step, steps, height, width, score, share, seen))
            active = self._active(octave)
            self.dead.add({active[place]: alive for place, alive in gradient.alive.items()})
        picture = canvas.picture()
        if preset.keep_colors:
            picture = updated(picture, with_color_of, photo)
        return picture if mask is None else updated(picture, _masked, photo, mask)

    def _share(self, octave: int, step: float) -> float:
        """The share of the whole dream that is done after so many steps of an octave."""
        height, width = self.sizes[octave]
        return (sum(self.work[:octave]) + step * height * width) / sum(self.work)

    def _tile_done(self, octave: int, tile: int, tiles: int) -> None:
        share = self._share(octave, self.step + tile / tiles)
        steps = self.steps[octave]
        self.listen(TileDone(octave + 1, len(self.sizes), self.step + 1, steps, tile, tiles, share))

    def _randomness(self, octave: int) -> Callable[[int], Generator]:
        return lambda step: generator_at(self.preset.seed, self.frame, octave, step)

    def _active(self, octave: int) -> list[int]:
        """Numbers of the targets that count at an octave; one of weight 0, as in a film's other scenes, does not."""
        ranges = [target.octaves or (1, self.preset.octaves.count) for target in self.preset.targets]
        inside = [number for number, (first, last) in enumerate(ranges) if first <= octave + 1 <= last]
        return [number for number in inside if self.preset.targets[number].weight != 0]

    def _cut_for(self, octaves: Iterable[int], network: Network | None = None) -> Cut:
        """The network, or another, cut at the deepest layer that these octaves' targets and penalties need."""
        numbers = [number for octave in octaves for number in self._active(octave)]
        lists = self.batch_targets or [self.preset.targets]
        targets = [targets[number] for number in numbers for targets in lists]
        layers = {layer for target in targets for layer in target.layer or (LOGITS,)}
        if self.regularization.features > 0:
            layers.add(self._features_layer())
        return (network or self.network).cut(layers or {self.network.layers[0]}, wraps=self.wraps)

    def _features_layer(self) -> str:
        layers = [layer for target in self.preset.targets for layer in target.layer or ()]
        return self.regularization.features_layer or max(layers, key=self.network.depth)

    def _sites(self, octave: int) -> list[Site]:
        """What an octave needs on each of the other devices."""
        return [
            Site(self._cut_for([octave], other), self._objective(octave, *self.sizes[octave], other), other.device)
            for other in self.others
        ]

    def _objective(self, octave: int, height: int, width: int, network: Network | None = None) -> Objective:
        network = network or self.network
        pictures = {path: picture.to(network.device) for path, picture in self.pictures.items()}
        bound: list[BoundTarget] = []
        masks: list[Tensor | None] = []
        for number in self._active(octave):
            target = self.preset.targets[number]
            given = (network, pictures, self.start.to(network.device), max(height, width))
            if self.batch_targets is None:
                bound.append(bind_target(target, *given))
            else:
                bound.append(bind_batch([targets[number] for targets in self.batch_targets], *given))
            masks.append(self._mask(target.mask, height, width))
        layer = self._features_layer() if self.regularization.features > 0 else ""
        return Objective(bound, masks, self.preset.normalize_targets, self.regularization.features, layer)

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

    def _mask(self, mask: Mask | None, height: int, width: int) -> Tensor | None:
        if mask is None:
            return None
        given = self.pictures, self.areas
        drawn = self.extent.placed(lambda rows, columns: draw_mask(mask, rows, columns, *given), height, width)
        return drawn.to(self.network.device)

    def _canvas_mask(self, height: int, width: int) -> Tensor | None:
        canvas, given = self.preset.canvas, (self.pictures, self.areas)
        if canvas.mask is None and canvas.protect is None:
            return None
        drawn = self.extent.placed(lambda rows, columns: draw_canvas_mask(canvas, rows, columns, *given), height, width)
        return drawn.to(self.network.device)


def _check_alike(preset: Preset, batch_targets: Sequence[Sequence[Target]]) -> None:
    if len({len(targets) for targets in batch_targets}) != 1:
        raise ValueError("every picture of a batch needs the same number of targets")
    if preset.normalize_targets and len({tuple(target.weight for target in targets) for targets in batch_targets}) > 1:
        raise ValueError("normalized targets of a batch need the same weights")


def check_areas(preset: Preset, areas: Mapping[str, Tensor]) -> None:
    """Raise PresetError where the preset lets find what is not among `areas`."""
    missing = [name for name in wanted_areas(preset) if name not in areas]
    if missing:
        remedy = "Give a picture, or masks by shape or picture."
        raise PresetError([f"a mask wants {name!r} found, but there is no photo" for name in missing], remedy=remedy)


def _cropped(area: Tensor, height: int, width: int, wraps: Wraps) -> Tensor:
    """An area, (B, 1, h, w), of what is shown of its photo on a canvas of height x width, at no more than its size."""
    factor = min(1.0, max(area.shape[-2:]) / max(height, width))
    return filled(area, max(1, round(height * factor)), max(1, round(width * factor)), wraps)


def _begun(dream: Tensor, photo: Tensor) -> Tensor:
    return (photo + dream).clamp(0, 1)


def _masked(picture: Tensor, photo: Tensor, mask: Tensor) -> Tensor:
    return photo + mask * (picture - photo)
