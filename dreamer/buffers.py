"""Arrays as large as a picture: in memory where it reaches, else in a file that is mapped into memory.

Where a buffer lives never changes what is in it. A mapped file has no name any more when it is handed out, so that it
goes with its last tensor, however the process ends.
"""

from __future__ import annotations

import ctypes
import math
import mmap
import os
import platform
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from dreamer.errors import OutputError
from dreamer.memory import available_memory

# Smaller tensors are always in memory.
LARGE = 64 << 20
# What stays free for activations and for what is made in between: at least, and as a share of what is there.
RESERVE, RESERVED_SHARE = 1536 << 20, 0.4
_FLOAT = 4
# Parameters of glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
# Kinds of file systems that are memory themselves.
_IN_MEMORY = {"tmpfs", "ramfs"}
_mappings: weakref.WeakValueDictionary[int, mmap.mmap] = weakref.WeakValueDictionary()


def empty(*size: int, device: torch.device | None = None) -> Tensor:
    """A float32 tensor of any values. Raises OutputError where neither memory nor the disk has room for it."""
    size_in_bytes = _FLOAT * math.prod(size)
    on_processor = device is None or device.type == "cpu"
    if not on_processor or size_in_bytes < LARGE or fits(size_in_bytes):
        return torch.empty(size, device=device)
    return _mapped(size, size_in_bytes)


def zeros(*size: int, device: torch.device | None = None) -> Tensor:
    """The same, of zeros."""
    made = empty(*size, device=device)
    return made if is_mapped(made) else made.zero_()  # a new file reads as zeros


def fits(size_in_bytes: int) -> bool:
    """Whether so many bytes may be taken of the memory."""
    free = available_memory()
    return size_in_bytes <= free - max(RESERVE, RESERVED_SHARE * free)


def is_mapped(tensor: Tensor) -> bool:
    """Whether a tensor is in a file."""
    return bool(_mappings) and tensor.untyped_storage().data_ptr() in _mappings


def relax(*tensors: Tensor) -> None:
    """Take what is in files out of the memory, as far as it was read or written; it stays as it is."""
    if not _mappings or not hasattr(mmap, "MADV_DONTNEED"):
        return
    for tensor in tensors:
        mapping = _mappings.get(tensor.untyped_storage().data_ptr())
        if mapping is not None:
            mapping.madvise(mmap.MADV_DONTNEED)


@contextmanager
def reused_memory() -> Iterator[None]:
    """Take freed memory again meanwhile, in place of giving it back to the operating system; give it back at the end.

    Of new memory each page costs a fault: a fifth of the time of a pass through a network. Only glibc can be told.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:
        library.mallopt(_MMAP_MAX, 65536)
        library.mallopt(_TRIM_THRESHOLD, 128 << 10)
        give_back()


def give_back() -> None:
    """Give freed memory back to the operating system, also what lies between memory in use; only glibc can be told."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None


def scratch_folder() -> Path:
    """Where mapped files are: the first folder for temporary files that is on a disk."""
    usual = Path(tempfile.gettempdir())
    candidates = [usual, Path("/var/tmp"), Path.cwd()]
    on_disk = (folder for folder in candidates if os.access(folder, os.W_OK) and _kind(folder) not in _IN_MEMORY)
    return next(on_disk, usual)


def _mapped(size: Sequence[int], size_in_bytes: int) -> Tensor:
    folder = scratch_folder()
    try:
        with tempfile.TemporaryFile(dir=folder, prefix="dreamer-") as file:
            _reserve(file.fileno(), size_in_bytes)
            mapping = mmap.mmap(file.fileno(), size_in_bytes)
    except OSError as error:
        what = f"{size_in_bytes / 1e9:.1f} GB of a large picture cannot be kept on disk: {error.strerror}"
        remedy = "Make room, set TMPDIR to a folder on a larger disk, or allow more memory."
        raise OutputError(what, where=str(folder), remedy=remedy) from error
    tensor = torch.frombuffer(mapping, dtype=torch.float32).view(*size)
    _mappings[tensor.untyped_storage().data_ptr()] = mapping
    return tensor


def _reserve(file: int, size: int) -> None:
    """Take the room on the disk now: later, a full one would end the process without a word."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.ftruncate(file, size)


def _kind(folder: Path) -> str:
    """The file system that a folder is on, as Linux calls it; empty elsewhere."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    mounts = (line.split(" - ", 1) for line in lines if " - " in line)
    kinds = {Path(left.split()[4]): right.split()[0] for left, right in mounts}
    resolved = folder.resolve()
    return next((kinds[place] for place in (resolved, *resolved.parents) if place in kinds), "")
