"""Labelled photographs for training: folders of class folders, or tar files of `CLASS/NAME.jpg`."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from dreamer.errors import NoInputError, TrainingError, did_you_mean
from dreamer.refusals import refusal

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


@dataclass(frozen=True)
class Photographs:
    """Decoded photographs with their classes, ready for training.

    `pixels`: (N, 3, S, S) uint8, sRGB. `labels`: (N,) int64 indices into `classes`, which are sorted.
    `held_out`: (N,) bool, about a tenth, never trained on. `skipped`: names of files that could not be decoded.
    """

    pixels: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    held_out: Tensor
    skipped: tuple[str, ...] = ()

    def renumbered(self, classes: tuple[str, ...]) -> Photographs:
        """With labels that are indices into `classes`, which must include all of its own. Raises TrainingError."""
        unknown = [name for name in self.classes if name not in classes]
        if unknown:
            remedy = did_you_mean(unknown[0], classes) or f"It knows {', '.join(classes[:6])} and more."
            raise TrainingError(f"the network has no class {unknown[0]!r}", remedy=remedy)
        numbers = torch.tensor([classes.index(name) for name in self.classes])
        return replace(self, labels=numbers[self.labels], classes=classes)


def stored_side(side: int) -> int:
    """Photographs are kept somewhat larger than they are shown while training, so that crops have room."""
    return side * 9 // 8


def is_held_out(data: bytes) -> bool:
    """Whether a file belongs to the held-out tenth. Its digest decides, so that every machine agrees."""
    return hashlib.sha256(data).digest()[0] < 26


def read_photographs(sources: Sequence[Path], side: int = 144) -> Photographs:
    """Read and decode every photograph of `sources`, center-cropped and resized to `side` x `side` px.

    The pixels stay in memory: `side`^2 x 3 bytes each (25,000 at 144 px take 1.6 GB).
    Raises NoInputError where a source is missing, TrainingError where fewer than two classes are found.
    """
    pixels, names, held_out, skipped = [], [], [], []
    with ThreadPoolExecutor() as pool:
        entries = _entries(sources)
        while batch := list(islice(entries, 512)):
            for (name, place, data), array in zip(batch, pool.map(lambda e: _decode(e[2], side), batch), strict=True):
                if array is None:
                    skipped.append(place)
                    continue
                pixels.append(torch.from_numpy(array))
                names.append(name)
                held_out.append(is_held_out(data))
    classes = tuple(sorted(set(names)))
    if len(classes) < 2:
        contents = f"only the class {classes[0]!r}" if classes else "no photograph"
        raise TrainingError(
            f"found {contents} in {', '.join(str(s) for s in sources)}",
            remedy="Give folders with one folder of photographs a class, two at least, or tars of CLASS/NAME.jpg.",
        )
    index = {name: i for i, name in enumerate(classes)}
    stacked = torch.stack(pixels).permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor([index[name] for name in names])
    return Photographs(stacked, labels, classes, torch.tensor(held_out), tuple(skipped))


def _entries(sources: Sequence[Path]) -> Iterator[tuple[str, str, bytes]]:
    """Yield (class, place, file bytes) of each picture, in an order that depends on the names alone."""
    for source in sources:
        if source.is_dir():
            for path in sorted(p for p in source.glob("*/*") if p.suffix.lower() in SUFFIXES and p.is_file()):
                yield path.parent.name, str(path), _bytes(path)
        elif source.is_file():
            yield from _tar_entries(source)
        else:
            raise NoInputError(f"no folder or tar file at {source}", remedy="Check the path of the photographs.")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refusal(TrainingError, "cannot be read", error, path) from error


def _tar_entries(source: Path) -> Iterator[tuple[str, str, bytes]]:
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                path = Path(member.name)
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None and path.parent.name and path.suffix.lower() in SUFFIXES:
                    yield path.parent.name, f"{source}:{member.name}", stream.read()
    except OSError as error:
        if not error.errno:  # what gzip says of a damaged file is one, too
            raise TrainingError(f"not a readable tar file ({error})", where=str(source)) from error
        raise refusal(TrainingError, "cannot be read", error, source) from error
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise TrainingError(f"not a readable tar file ({error})", where=str(source)) from error


def _decode(data: bytes, side: int) -> np.ndarray | None:
    """(side, side, 3) uint8 sRGB, or None where the picture is damaged or cut short."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        return np.array(ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
