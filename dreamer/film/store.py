"""Rendered frames on disk and the point to resume from: a film survives being killed.

The folder holds `000000.png` and so on, lossless, and `state.safetensors`: the last dreamt frame in float32 with the
measures to hold. The state is renamed into place only after every frame up to its own is on disk, so a film always
resumes from it and ends with the same frames.
"""

from __future__ import annotations

import json
import queue
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
import torch
from PIL import Image
from pydantic import ConfigDict, Field, TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from dreamer.atomic import atomic_write
from dreamer.bounded import parse_json
from dreamer.dreaming.statistics import PictureStatistics
from dreamer.errors import OutputError
from dreamer.film.frame_facts import FACTS, FrameFacts, read_frame_facts, write_frame_facts
from dreamer.refusals import reading, refusal


class Checkpoint(NamedTuple):
    """All that the frames after `number` depend on: the dreamt picture, (1, 3, H, W) float32, the measures to hold, and
    by name the areas that masks were drawn from, (1, 1, H, W) float32, where the next frame's begin with them."""

    number: int
    picture: Tensor
    reference: PictureStatistics
    areas: Mapping[str, Tensor] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame, (1, 3, H, W) float32 in [0, 1], sRGB. `number` counts from 0, unshown frames included.

    `checkpoint` is set where the loop can resume after this frame.
    """

    number: int
    picture: Tensor
    checkpoint: Checkpoint | None


@dataclass(frozen=True)
class _Point:
    """What a stored state says of itself."""

    key: str
    number: Annotated[int, Field(ge=0, le=10**9)]
    reference: PictureStatistics
    __pydantic_config__: ClassVar = ConfigDict(allow_inf_nan=False)


_POINT = TypeAdapter(_Point)
_STATE = "state.safetensors"
_AREA = "area."
_REMEDY = "Make room or choose another --output; the same command goes on from the last whole frame."
# Frames that may wait for the disk. One, because what waits is lost when the process is killed.
_WAITING = 1


class FrameStore:
    """The folder of one film's frames; `facts` identify them, and a folder with another key is emptied first.

    A context manager. Writing happens in a thread of its own; what goes wrong there is raised at the next call.
    """

    def __init__(self, folder: Path, facts: FrameFacts) -> None:
        self.folder, self.facts = folder, facts
        self._queue: queue.Queue[Callable[[], None] | None] = queue.Queue(_WAITING)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> FrameStore:
        try:
            self._begin()
        except OSError as error:
            raise refusal(OutputError, "frames cannot be stored", error, self.folder) from error
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        if kind is None:
            self._check()

    def checkpoint(self, device: torch.device) -> Checkpoint | None:
        """The point to resume from; None where nothing is stored yet, or nothing intact.

        Raises OutputError where the system refuses to read it.
        """
        path = self.folder / _STATE
        try:
            with (
                reading(OutputError, path, "the kept frames cannot be read"),
                safe_open(path, framework="pt", device=str(device)) as file,
            ):
                facts = _POINT.validate_python(parse_json((file.metadata() or {})["film"]))
                picture = file.get_tensor("picture")
                intact = picture.dtype == torch.float32 and picture.ndim == 4 and picture.shape[:2] == (1, 3)
                if not intact or facts.key != self.facts.key or not self.path(facts.number).is_file():
                    return None
                stored: list[str] = file.keys()
                names = [name for name in stored if name.startswith(_AREA)]
                areas = {name.removeprefix(_AREA): file.get_tensor(name) for name in names}
                return Checkpoint(facts.number, picture, facts.reference, areas)
        except (FileNotFoundError, SafetensorError, KeyError, ValueError):
            return None

    def write(self, frame: Frame) -> np.ndarray:
        """Store a frame; returns it as (H, W, 3) uint8, the pixels that are stored."""
        self._check()
        pixels = as_bytes(frame.picture)
        # Nothing is copied from a GPU in the other thread: that would break a CUDA graph that is being recorded here.
        checkpoint = frame.checkpoint and on_processor(frame.checkpoint)
        self._queue.put(lambda: self._write(frame.number, pixels, checkpoint))
        return pixels

    def read(self, number: int) -> np.ndarray:
        """A stored frame, (H, W, 3) uint8. Raises OutputError."""
        path = self.path(number)
        try:
            if not path.is_file():
                self.flush()
            with Image.open(path) as image:
                return np.array(image.convert("RGB"))
        except (OSError, SyntaxError, ValueError) as error:
            if isinstance(error, OSError) and error.errno:  # Pillow's own complaints have none
                raise refusal(OutputError, "a stored frame cannot be read", error, path) from error
            remedy = f"Delete {self.folder}, and the film is rendered again."
            raise OutputError("a stored frame cannot be read", where=str(path), remedy=remedy) from error

    def flush(self) -> None:
        """Wait until everything handed over is on disk."""
        done = threading.Event()
        self._queue.put(done.set)
        done.wait()
        self._check()

    def path(self, number: int) -> Path:
        """Where a frame is stored."""
        return self.folder / f"{number:06d}.png"

    def delete(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _begin(self) -> None:
        known = read_frame_facts(self.folder)
        if (known is None or known.key != self.facts.key) and (self.folder / FACTS).exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_frame_facts(self.folder, self.facts, remedy=_REMEDY)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            try:
                task()
            except Exception as error:  # The thread goes on, or those who wait for it would wait forever.
                self._failure = self._failure or error

    def _write(self, number: int, pixels: np.ndarray, checkpoint: Checkpoint | None) -> None:
        if self._failure:
            return
        with atomic_write(self.path(number), remedy=_REMEDY) as file:
            Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        if checkpoint is not None:
            facts = {"key": self.facts.key, "number": number, "reference": asdict(checkpoint.reference)}
            with atomic_write(self.folder / _STATE, remedy=_REMEDY) as file:
                areas = {f"{_AREA}{name}": area.contiguous() for name, area in checkpoint.areas.items()}
                file.write(save({"picture": checkpoint.picture.contiguous(), **areas}, {"film": json.dumps(facts)}))

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure


def on_processor(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with its tensors in the memory of the processor."""
    areas = {name: area.cpu() for name, area in checkpoint.areas.items()}
    return checkpoint._replace(picture=checkpoint.picture.cpu(), areas=areas)


def as_bytes(picture: Tensor) -> np.ndarray:
    """(1, 3, H, W) float in [0, 1] to (H, W, 3) uint8."""
    pixels: np.ndarray = (picture[0].permute(1, 2, 0) * 255).round().to(torch.uint8).cpu().numpy()
    return np.ascontiguousarray(pixels)


def as_tensor(pixels: np.ndarray) -> Tensor:
    """(H, W, 3) uint8 to (1, 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).unsqueeze(0).float() / 255
