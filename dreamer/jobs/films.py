"""One film: frames rendered or found in their store, and streamed to the encoder in the order they are shown."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dreamer.devices import free_memory
from dreamer.dreaming.events import Listener, ignore
from dreamer.film import FilmWriter
from dreamer.jobs.filmreport import FilmReport
from dreamer.jobs.framestore import FrameStore
from dreamer.jobs.planning import FilmSettings, Job, file_digest
from dreamer.jobs.recipes import Recipe
from dreamer.jobs.stills import preset_pictures
from dreamer.motion.frames import FrameLoop, animation_of, shown_order
from dreamer.networks import Network
from dreamer.pictures import read_picture
from dreamer.presets.dumping import to_json
from dreamer.presets.schema import Preset


@dataclass(frozen=True)
class FilmFacts:
    """A finished film: how many frames it shows, their size in px, and how well its end meets its beginning.

    `seam`: mean absolute difference of the last frame and the first, over the median of that between neighbors; about 1
    where a film loops without a jump.
    """

    frames: int
    width: int
    height: int
    seam: float


def render_film(
    job: Job,
    network: Network,
    recipe: Recipe | None,
    *,
    listen: Listener = ignore,
    on_frame: Callable[[int, int], None] = lambda number, count: None,
) -> FilmFacts:
    """Render the frames that are missing and write the film to `job.output`.

    `on_frame(number, count)` is called for each frame that is handed to the encoder. Interrupted at any moment, the
    next call goes on from the last whole frame. Raises the errors of `dreamer.errors`.
    """
    settings = job.film or FilmSettings()
    preset = job.preset
    photo = None if job.source is None else read_picture(job.source).pixels.unsqueeze(0)
    order = shown_order(preset)[slice(*settings.span)]
    report = FilmReport(measuring=settings.report is not None)
    with FrameStore(frames_folder(job.output), frames_key(job, network)) as store, ExitStack() as stack:
        loop = FrameLoop(
            preset,
            network,
            photo,
            pictures=preset_pictures(preset),
            earlier=lambda number: _as_tensor(store.read(number)),
            free_memory=free_memory(network.device),
            listen=listen,
        )
        rendering = _Rendering(store, loop)
        writer: FilmWriter | None = None
        for shown, number in enumerate(order, 1):
            pixels = rendering.frame(number)
            if writer is None:
                writer = stack.enter_context(_encoder(job, settings, pixels, recipe))
            writer.add(pixels)
            report.add(pixels)
            on_frame(shown, len(order))
    if settings.report is not None:
        report.write(settings.report, animation_of(preset).rate)
    if not settings.keep_frames:
        shutil.rmtree(frames_folder(job.output))
    height, width = report.size
    return FilmFacts(len(order), width, height, report.seam())


def frames_folder(output: Path) -> Path:
    """Where a film's frames are kept: beside it, under its name."""
    return output.with_name(f"{output.name}.frames")


def frames_key(job: Job, network: Network) -> str:
    """Digest of all that the frames depend on. Where nothing in the preset is relative to the length, that is left out,
    so that a film can be made longer."""
    preset = job.preset
    if job.film and not _relative_to_length(preset):
        animation = animation_of(preset).model_copy(update={"length": "10s", "frames": None})
        preset = preset.model_copy(update={"animation": animation})
    digest = hashlib.sha256(f"{to_json(preset)}\n{network.weights_digest}\n{network.precision}\n".encode())
    for path in job.files():
        digest.update(file_digest(path).encode())
    return digest.hexdigest()[:32]


def _relative_to_length(preset: Preset) -> bool:
    tracks = json.dumps(preset.model_dump(mode="json")["keyframes"])
    return animation_of(preset).loop != "none" or re.search(r"%|\bp\b", tracks) is not None


def _encoder(job: Job, settings: FilmSettings, pixels: np.ndarray, recipe: Recipe | None) -> FilmWriter:
    height, width = pixels.shape[:2]
    return FilmWriter(
        job.output,
        width=width,
        height=height,
        fps=animation_of(job.preset).rate,
        codec=settings.codec,
        quality=settings.quality,
        recipe=None if recipe is None else recipe.to_json(),
    )


def _as_tensor(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).float() / 255


class _Rendering:
    """Frames by number: stored ones are read, missing ones rendered in order."""

    def __init__(self, store: FrameStore, loop: FrameLoop) -> None:
        self._store = store
        resume = store.checkpoint(loop.network.device)
        self._done = -1 if resume is None else resume.number
        self._frames = loop.frames(resume)
        self._last: tuple[int, np.ndarray] | None = None

    def frame(self, number: int) -> np.ndarray:
        """(H, W, 3) uint8."""
        while self._done < number:
            frame = next(self._frames)
            self._done, self._last = frame.number, (frame.number, self._store.write(frame))
        if self._last is not None and self._last[0] == number:
            return self._last[1]
        return self._store.read(number)
