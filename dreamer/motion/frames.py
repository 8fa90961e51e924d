"""The loop of frames: frame[t + 1] = dream(camera(frame[t])), held steady, closed where it is to be a loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import Listener, ignore
from dreamer.dreaming.extent import filled
from dreamer.dreaming.masks import draw_canvas_mask
from dreamer.dreaming.noise import start_picture
from dreamer.dreaming.octaves import output_size
from dreamer.dreaming.protocols import Network
from dreamer.dreaming.randomness import generator_at
from dreamer.dreaming.statistics import PictureStatistics, picture_statistics
from dreamer.errors import PresetError
from dreamer.film.store import Checkpoint, Frame
from dreamer.motion.areas import Find, find_nothing, wanted_in_film
from dreamer.motion.camera import Camera, aspect_of, camera_over, grown, moved
from dreamer.motion.loops import check_zoom, closing_mask
from dreamer.motion.stabilization import fresh_grain, stabilized
from dreamer.presets.model.animation import Animation, Levels
from dreamer.presets.model.schema import Preset
from dreamer.presets.timeline.hearing import Song
from dreamer.presets.timeline.keyframes import Timeline


def animation_of(preset: Preset) -> Animation:
    """The preset's animation. Raises PresetError where it has none."""
    if preset.animation is None:
        raise PresetError(["the preset has no [animation] table"], remedy='Add [animation] with length = "10s".')
    return preset.animation


def unshown_frames(animation: Animation) -> int:
    """Frames that are rendered before the first one that is shown: a zoom loop needs one round to close the next."""
    return animation.frame_count if animation.loop == "zoom" else 0


def rendered_frames(animation: Animation) -> int:
    """All frames that are rendered. A film that runs forward and backward needs half of those it shows."""
    count = animation.frame_count
    return count // 2 + 1 if animation.loop == "pingpong" else count + unshown_frames(animation)


def shown_order(preset: Preset, song: Song | None = None) -> list[int]:
    """The number of the rendered frame that each shown one is."""
    animation = animation_of(preset)
    forward = list(range(unshown_frames(animation), rendered_frames(animation)))
    if animation.loop == "pingpong":
        return forward + forward[-2:0:-1]
    # A loop that draws back is one that zooms in, shown backward: only the latter can be closed.
    return forward[::-1] if draws_back(preset, song) else forward


def draws_back(preset: Preset, song: Song | None = None) -> bool:
    """Whether this is a zoom loop whose camera draws back. Raises PresetError where it hardly moves."""
    animation = animation_of(preset)
    if animation.loop != "zoom":
        return False
    zoom = math.exp(sum(_zooms(preset, song)))
    check_zoom(zoom)
    return zoom < 1


def _zooms(preset: Preset, song: Song | None) -> list[float]:
    """Natural logarithms of the zoom from each frame of a round to the next."""
    animation = animation_of(preset)
    seconds = float(1 / animation.rate)
    timeline = Timeline(preset, song)
    presets = (timeline.at(number) for number in range(animation.frame_count))
    return [math.log(animation.zoom) * seconds for animation in map(animation_of, presets)]


class FrameLoop:
    """Renders the frames of `preset` one after the other.

    `photo`: (1, 3, h, w) float32 in [0, 1], sRGB, where the canvas starts as one. `pictures` as for `dream`.
    `song`: what the preset's values follow.
    `earlier(number)` returns a frame that was rendered before; only a zoom loop asks for it. What `find` finds in the
    photo moves with the camera; `filmed(number)` has the pictures that films give to a frame.
    The frames are a function of the arguments and of the checkpoint that they are taken up from, and the same on the
    same machine whether the loop was interrupted or not.
    """

    def __init__(
        self,
        preset: Preset,
        network: Network,
        photo: Tensor | None = None,
        *,
        song: Song | None = None,
        find: Find = find_nothing,
        pictures: Mapping[str, Tensor] | None = None,
        filmed: Callable[[int], Mapping[str, Tensor]] = lambda number: {},
        earlier: Callable[[int], Tensor] | None = None,
        free_memory: int = 4 << 30,
        listen: Listener = ignore,
    ) -> None:
        self.preset, self.network, self.photo = preset, network, photo
        self.animation, self.timeline = animation_of(preset), Timeline(preset, song)
        self.find, self.pictures, self.filmed = find, dict(pictures or {}), filmed
        self.earlier, self.free_memory, self.listen = earlier, free_memory, listen
        self.count = rendered_frames(self.animation)
        self.round = self.animation.frame_count
        check_names(self.timeline, network)
        self.backward = draws_back(preset, song)
        self.zooms = [abs(zoom) for zoom in _zooms(preset, song)] if self.animation.loop == "zoom" else []
        self._path = [Camera()]
        self._found: dict[str, Tensor] | None = None

    def frames(self, resume: Checkpoint | None = None, stop: int | None = None) -> Iterator[Frame]:
        """Frames up to number `stop`, from the first one, or from the one after `resume`."""
        stop = self.count if stop is None else min(stop, self.count)
        last = resume
        if last is None:
            last = self._first()
            yield Frame(0, last.picture, last)
        while last.number + 1 < stop:
            number = min(last.number + self.animation.dream_every, self.count - 1)
            following = self._next(last, number)
            yield from self._between(last, following)
            yield Frame(number, following.picture, following)
            last = following

    def _at(self, number: int) -> Preset:
        return self.timeline.at(self._time(number))

    def _time(self, number: int) -> int:
        """The frame of the film, as it is shown, that a rendered frame belongs to."""
        number %= self.round
        return self.round - 1 - number if self.backward else number

    def _first(self) -> Checkpoint:
        """The first frame, dreamt a few times over itself so that it looks like the ones that follow."""
        preset = self._at(0)
        picture = self._dreamt(preset, self.photo, 0)
        for again in range(1, animation_of(preset).lead_in):
            picture = self._dreamt(over_frame(preset, picture), picture, -again)
        return Checkpoint(0, picture, picture_statistics(picture))

    def _next(self, last: Checkpoint, number: int) -> Checkpoint:
        preset = self._at(number)
        animation = animation_of(preset)
        if animation.feedback:
            camera = self._camera(last.number, number, last.picture)
            begin = moved(last.picture, camera, animation.border)
            generator = generator_at(preset.seed, number, "grain")
            if animation.border == "grow":
                begin = grown(begin, camera, generator)
            begin = fresh_grain(begin, camera.magnification, animation.stabilize.grain, generator)
            picture = self._dreamt(over_frame(preset, begin), begin, number)
        else:
            start = self._start(preset)
            begin = moved(start, self._path_to(number, start), animation.border)
            # The same random numbers for each frame, or the film would flicker.
            picture = self._dreamt(over_frame(preset, begin), begin, 0, shown=number)
        steady = stabilized(picture, _levels(last.reference, animation.stabilize.levels), animation.stabilize)
        picture = self._masked(preset, begin, steady, number)
        return Checkpoint(number, self._closed(picture, number), last.reference)

    def _masked(self, preset: Preset, begin: Tensor, steady: Tensor, number: int) -> Tensor:
        """A frame with its measures held, but as it began where masks that were found leave it alone."""
        areas = self._areas(number)
        if not areas:
            return steady
        height, width = steady.shape[2:]
        mask = draw_canvas_mask(preset.canvas, height, width, self._pictures(number), areas)
        return torch.lerp(begin, steady, mask.to(steady))

    def _between(self, last: Checkpoint, following: Checkpoint) -> Iterator[Frame]:
        """Frames that are not dreamt: both neighbors, moved along the camera's path and mixed."""
        for number in range(last.number + 1, following.number):
            border = animation_of(self._at(number)).border
            onward = moved(last.picture, self._camera(last.number, number, last.picture), border)
            rest = self._camera(number, following.number, last.picture).reversed()
            share = (number - last.number) / (following.number - last.number)
            yield Frame(number, torch.lerp(onward, moved(following.picture, rest, border), share), None)

    def _camera(self, first: int, last: int, image: Tensor) -> Camera:
        """The move from frame `first` to frame `last`, of the size of `image`."""
        aspect = aspect_of(image.shape[2], image.shape[3])
        seconds = float(1 / self.animation.rate)
        camera = Camera()
        for number in range(first + 1, last + 1):
            step = camera_over(animation_of(self._at(number)), seconds, aspect)
            camera = camera.then(step.reversed() if self.backward else step)
        return camera

    def _path_to(self, number: int, image: Tensor) -> Camera:
        """The move from the first frame to frame `number`."""
        while len(self._path) <= number:
            last = len(self._path)
            self._path.append(self._path[-1].then(self._camera(last - 1, last, image)))
        return self._path[number]

    def _dreamt(self, preset: Preset, photo: Tensor | None, frame: int, *, shown: int | None = None) -> Tensor:
        number = max(frame if shown is None else shown, 0)
        return dream(
            preset,
            self.network,
            photo,
            pictures=self._pictures(number),
            areas=self._areas(number),
            frame=frame,
            free_memory=self.free_memory,
            listen=self.listen,
        )

    def _pictures(self, number: int) -> dict[str, Tensor]:
        return {**self.pictures, **self.filmed(self._time(number))}

    def _areas(self, number: int) -> dict[str, Tensor]:
        """What was found in the photo, where the camera has it at a frame."""
        if self._found is None:
            names = wanted_in_film(self.timeline) if self.photo is not None else []
            self._found = self.find(names, self._start(self._at(0))) if names else {}
        border = animation_of(self._at(number)).border
        return {name: moved(area, self._path_to(number, area), border) for name, area in self._found.items()}

    def _start(self, preset: Preset) -> Tensor:
        """What the first frame is dreamt on, at full size."""
        canvas = preset.canvas
        if canvas.start == "photo" and self.photo is not None:
            photo = self.photo.to(self.network.device)
            return filled(photo, *output_size(preset, (photo.shape[2], photo.shape[3])))
        generator = generator_at(preset.seed, 0, "noise")
        return start_picture(canvas, *output_size(preset, None), generator).to(self.network.device)

    def _closed(self, picture: Tensor, number: int) -> Tensor:
        """In the second round of a zoom loop: the first round's frames take over, from where the camera comes to."""
        if self.animation.loop != "zoom" or number < self.round or self.earlier is None:
            return picture
        before = self.earlier(number - self.round).to(picture)
        # The zoom to frame 0 of the next round is the last that is still to come.
        remaining = sum(self.zooms[number - self.round + 1 :]) + self.zooms[0]
        mask = closing_mask(remaining, sum(self.zooms), picture, animation_of(self._at(number)).center)
        return torch.lerp(picture, before, mask)


def check_names(timeline: Timeline, network: Network) -> None:
    """Look up every layer and class that a film uses, so that a wrong one is found before the first frame.

    Raises TargetError.
    """
    targets = [target for preset in timeline.presets() for target in preset.targets]
    for wanted in dict.fromkeys(target.class_ for target in targets if target.class_ is not None):
        network.class_index(wanted)
    for layer in dict.fromkeys(layer for target in targets for layer in target.layer or ()):
        network.depth(layer)


def over_frame(preset: Preset, frame: Tensor) -> Preset:
    """The preset for dreaming over a finished frame, (B, 3, H, W): at its size, whatever the first one began as."""
    height, width = frame.shape[2:]
    canvas = preset.canvas.model_copy(update={"start": "photo", "size": (width, height)})
    octaves = preset.octaves.model_copy(update={"output_scale": 1.0})
    return preset.model_copy(update={"canvas": canvas, "octaves": octaves})


def _levels(reference: PictureStatistics, levels: Levels) -> PictureStatistics:
    given = {key: value for key, value in levels.model_dump().items() if value is not None}
    return replace(reference, **given)
