"""Filmed input: each frame is dreamt on, and what was dreamt is carried along the motion of the film.

What is carried is the difference between the dream and the film, not the dreamt frame, so the film's own light and
movement stay as they are; as Ruder, Dosovitskiy & Brox 2016 do for style, "Artistic style transfer for videos".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from torch import Tensor

from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import Listener, ignore
from dreamer.dreaming.extent import filled
from dreamer.dreaming.masks import draw_canvas_mask
from dreamer.dreaming.octaves import output_size
from dreamer.dreaming.protocols import Network
from dreamer.dreaming.statistics import picture_statistics
from dreamer.film.store import Checkpoint, Frame
from dreamer.motion.areas import Find, find_nothing, steadied
from dreamer.motion.flow import Flow, Search, dense_inverse_search, optical_flow
from dreamer.motion.frames import animation_of, check_names, over_frame
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.named_files import wanted_areas
from dreamer.presets.timeline.hearing import Song
from dreamer.presets.timeline.keyframes import Timeline


class ClipLoop:
    """Renders a film over `clip`, a function that yields its frames, (1, 3, h, w) in [0, 1], from a number on.

    `search` finds the motion between two frames; along it the areas that `find` finds in each are carried. The other
    arguments are those of `FrameLoop`, and the frames likewise are the same after an interruption.
    """

    def __init__(
        self,
        preset: Preset,
        network: Network,
        clip: Callable[[int], Iterator[Tensor]],
        *,
        song: Song | None = None,
        search: Search = dense_inverse_search,
        find: Find = find_nothing,
        pictures: Mapping[str, Tensor] | None = None,
        filmed: Callable[[int], Mapping[str, Tensor]] = lambda number: {},
        free_memory: int = 4 << 30,
        listen: Listener = ignore,
    ) -> None:
        self.preset, self.network, self.clip, self.search = preset, network, clip, search
        self.timeline = Timeline(preset, song)
        check_names(self.timeline, network)
        self.find, self.pictures, self.filmed = find, dict(pictures or {}), filmed
        self.free_memory, self.listen = free_memory, listen

    def frames(self, resume: Checkpoint | None = None) -> Iterator[Frame]:
        """All frames, or those after `resume`."""
        sources = (self._fitted(source) for source in self.clip(0 if resume is None else resume.number))
        before = next(sources, None)
        if before is None:
            return
        last = resume
        if last is None:
            last = self._first(before)
            yield Frame(0, last.picture, last)
        for source in sources:
            last = self._next(last, before, source)
            yield Frame(last.number, last.picture, last)
            before = source

    def _first(self, source: Tensor) -> Checkpoint:
        preset = self.timeline.at(0)
        picture, areas = source, self._areas(preset, source)
        for _ in range(animation_of(preset).lead_in):
            picture = self._dreamt(preset, picture, areas, 0)
        return Checkpoint(0, picture, picture_statistics(picture), areas)

    def _next(self, last: Checkpoint, before: Tensor, source: Tensor) -> Checkpoint:
        number = last.number + 1
        preset = self.timeline.at(number)
        flow = optical_flow(before, source, self.search)
        areas = self._areas(preset, source, last.areas, flow)
        dreamt = flow.carried(last.picture - before) * flow.visible * animation_of(preset).carry
        if areas:
            # What the mask has left behind does not go on dreaming outside of it.
            height, width = source.shape[2:]
            mask = draw_canvas_mask(preset.canvas, height, width, self._pictures(number), areas)
            dreamt = dreamt * mask.to(dreamt)
        picture = self._dreamt(preset, (source + dreamt).clamp(0, 1), areas, number)
        return Checkpoint(number, picture, last.reference, areas)

    def _areas(
        self, preset: Preset, source: Tensor, before: Mapping[str, Tensor] | None = None, flow: Flow | None = None
    ) -> dict[str, Tensor]:
        names = wanted_areas(preset)
        found = self.find(names, source) if names else {}
        fitted = {name: filled(area.to(source), *source.shape[2:]) for name, area in found.items()}
        return fitted if flow is None else steadied(fitted, before or {}, flow)

    def _pictures(self, number: int) -> dict[str, Tensor]:
        return {**self.pictures, **self.filmed(number)}

    def _dreamt(self, preset: Preset, picture: Tensor, areas: Mapping[str, Tensor], number: int) -> Tensor:
        # The same random numbers for each frame, or the film would flicker.
        return dream(
            over_frame(preset, picture),
            self.network,
            picture,
            pictures=self._pictures(number),
            areas=areas,
            frame=0,
            free_memory=self.free_memory,
            listen=self.listen,
        )

    def _fitted(self, source: Tensor) -> Tensor:
        """A frame of the clip at the canvas' size."""
        source = source.to(self.network.device)
        return filled(source, *output_size(self.preset, (source.shape[2], source.shape[3])))
