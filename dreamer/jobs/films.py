"""One film: frames rendered or found in their store, and streamed to the encoder in the order they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dreamer.atomic import discard
from dreamer.devices import free_memory
from dreamer.dreaming.events import DreamWarning, Listener, Warned, WarningsHeard, ignore
from dreamer.errors import UsageError
from dreamer.film.codecs import film_codec
from dreamer.film.command import Soundtrack
from dreamer.film.filmed_pictures import FilmedPictures
from dreamer.film.frame_facts import FrameFacts
from dreamer.film.probe import probe
from dreamer.film.read import is_moving, read_frames
from dreamer.film.report import FilmReport
from dreamer.film.store import FrameStore, as_tensor
from dreamer.film.write import FilmWriter
from dreamer.finding.areas import find_areas
from dreamer.jobs.film_keys import film_key, frames_key
from dreamer.jobs.job import FilmSettings, Job
from dreamer.jobs.sounds import check_sound, song_of, soundtrack
from dreamer.jobs.stills import read_source
from dreamer.motion.clips import ClipLoop
from dreamer.motion.flow import Search, dense_inverse_search
from dreamer.motion.frames import FrameLoop, animation_of, shown_order
from dreamer.networks import Network
from dreamer.pictures.named import preset_pictures
from dreamer.pictures.names import frames_folder
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.named_files import mask_pictures
from dreamer.presets.timeline.hearing import Song
from dreamer.recipes import Recipe

_NO_SOUND = "{} is left out: this kind of file has no sound; write .mp4 to hear it"


@dataclass(frozen=True)
class Film:
    """A finished film: how many frames it shows, their size in px, and how well its end meets its beginning.

    `seam`: mean absolute difference of the last frame and the first, over the median of that between neighbors; about 1
    where a film loops without a jump. `warnings`: why frames that were rendered now may not be what was wanted.
    """

    frames: int
    width: int
    height: int
    seam: float
    warnings: tuple[DreamWarning, ...] = ()


def render_film(
    job: Job,
    network: Network,
    recipe: Recipe | None,
    *,
    listen: Listener = ignore,
    on_frame: Callable[[int, int], None] = lambda number, count: None,
) -> Film:
    """Render the frames that are missing and write the film to `job.output`.

    `on_frame(number, count)` is called for each frame that is handed to the encoder. Interrupted at any moment, the
    next call goes on from the last whole frame. Raises the errors of `dreamer.errors`.
    """
    settings, output = job.film or FilmSettings(), output_of(job)
    report = FilmReport(measuring=settings.report is not None)
    song = song_of(job.preset)
    shots = _shots(job, song)
    check_sound(job.preset, song, float(len(shots.order) / shots.rate))
    heard = WarningsHeard(listen)
    if song is not None and film_codec(output, settings.codec).sound is None:
        heard(Warned(DreamWarning("no_sound", _NO_SOUND.format(song.name)), (0,)))
    with FrameStore(frames_folder(output), _frame_facts(job, network)) as store, ExitStack() as stack:
        rendering = _Rendering(store, _loop(job, network, store, heard, shots, song), network.device)
        writer: FilmWriter | None = None
        order = shots.order[slice(*settings.span)]
        for shown, number in enumerate(order, 1):
            pixels = rendering.frame(number)
            if pixels is None:
                break
            if writer is None:
                writer = stack.enter_context(_encoder(job, shots, pixels, recipe))
            writer.add(pixels)
            report.add(pixels)
            on_frame(shown, len(order))
        store.flush()  # a film is finished when its frames are kept
        if writer is None:
            raise UsageError(f"the film has {len(shots.order)} frames, and none of them is in --frames")
    if settings.report is not None:
        report.write(settings.report, shots.rate)
    if not settings.keep_frames:
        discard(frames_folder(output))  # the film is made, whether they go or not
    height, width = report.size
    return Film(report.count, width, height, report.seam(), heard.about(0))


def output_of(job: Job) -> Path:
    """Where a film goes; a film, unlike a picture, never stays in memory."""
    if job.output is None:
        raise ValueError("a film needs an output")
    return job.output


@dataclass(frozen=True)
class _Shots:
    """Which rendered frame each shown one is, how many a second, and what sounds with them."""

    order: list[int]
    rate: Fraction
    sound: Soundtrack | None = None


def _shots(job: Job, song: Song | None) -> _Shots:
    animation = animation_of(job.preset)
    first = (job.film or FilmSettings()).span[0] or 0
    if job.path is None or not is_moving(job.path):
        return _Shots(
            shown_order(job.preset, song), animation.rate, soundtrack(animation, float(first / animation.rate))
        )
    clip = probe(job.path)
    count = animation.frame_count if clip.seconds is None else round(clip.seconds * clip.fps)
    before = float(first / clip.fps)
    own = Soundtrack(job.path, skipped=before) if clip.has_sound else None
    return _Shots(list(range(count)), clip.fps, soundtrack(animation, before) or own)


def _loop(
    job: Job, network: Network, store: FrameStore, listen: Listener, shots: _Shots, song: Song | None
) -> FrameLoop | ClipLoop:
    preset, memory = job.preset, free_memory(network.device)
    filmed = FilmedPictures(mask_pictures(preset))
    pictures = preset_pictures(preset, apart_from=filmed.texts)

    def find(names: Sequence[str], frame: Tensor) -> dict[str, Tensor]:
        return find_areas(names, network, frame)

    if job.path is not None and is_moving(job.path):
        clip = job.path
        return ClipLoop(
            preset if song is None else _in_time(preset, shots),
            network,
            lambda first: (as_tensor(pixels) for pixels in read_frames(clip, first=first)),
            song=song,
            search=_search(preset, network),
            find=find,
            pictures=pictures,
            filmed=filmed.at,
            free_memory=memory,
            listen=listen,
        )
    photo = read_source(job)
    return FrameLoop(
        preset,
        network,
        None if photo is None else photo.pixels.unsqueeze(0),
        find=find,
        song=song,
        pictures=pictures,
        filmed=filmed.at,
        earlier=lambda number: as_tensor(store.read(number)),
        free_memory=memory,
        listen=listen,
    )


def _in_time(preset: Preset, shots: _Shots) -> Preset:
    """The preset at the rate and length of the clip that it dreams over, whose frames are to follow a song."""
    clip = {"fps": str(shots.rate), "frames": max(len(shots.order), 1)}
    return preset.model_copy(update={"animation": animation_of(preset).model_copy(update=clip)})


def _search(preset: Preset, network: Network) -> Search:
    if animation_of(preset).flow == "dis":
        return dense_inverse_search
    from dreamer.motion.raft import load_raft

    return load_raft(network.device)


def _frame_facts(job: Job, network: Network) -> FrameFacts:
    return FrameFacts(key=frames_key(job, network.weights_digest, str(network.precision)), film=film_key(job))


def _encoder(job: Job, shots: _Shots, pixels: np.ndarray, recipe: Recipe | None) -> FilmWriter:
    settings = job.film or FilmSettings()
    height, width = pixels.shape[:2]
    return FilmWriter(
        output_of(job),
        width=width,
        height=height,
        fps=shots.rate,
        codec=settings.codec,
        quality=settings.quality,
        recipe=None if recipe is None else recipe.to_json(),
        sound=shots.sound,
    )


class _Rendering:
    """Frames by number: stored ones are read, missing ones rendered in order."""

    def __init__(self, store: FrameStore, loop: FrameLoop | ClipLoop, device: torch.device) -> None:
        self._store = store
        resume = store.checkpoint(device)
        self._done = -1 if resume is None else resume.number
        self._frames = loop.frames(resume)
        self._last: tuple[int, np.ndarray] | None = None

    def frame(self, number: int) -> np.ndarray | None:
        """(H, W, 3) uint8; None where the film has ended before."""
        while self._done < number:
            frame = next(self._frames, None)
            if frame is None:
                return None
            self._done, self._last = frame.number, (frame.number, self._store.write(frame))
        if self._last is not None and self._last[0] == number:
            return self._last[1]
        return self._store.read(number)
