"""What the system refuses, in words: files that it does not open, read or write now, and memory that it does not give.

A refusal is no damage: the same file may be whole, and read the next time. So nothing is deleted, begun anew or taken
for someone else's because of one. Imports no torch.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from dreamer.errors import DreamerError

Error = TypeVar("Error", bound=DreamerError)

# What processors and devices say when their memory has run out: CUDA by the type of its error, whose text has it too,
# its libraries, Metal and the CPU's allocator only by the text.
_NO_MEMORY = ("allocate memory", "out of memory", "ALLOC_FAILED", "bad_alloc", "bad allocation")
_ROOM = "Make room on the disk, or choose another place."
_REMEDIES = {
    errno.ENOSPC: _ROOM,
    getattr(errno, "EDQUOT", errno.ENOSPC): _ROOM,
    errno.EACCES: "Change its permissions, or those of its folder.",
    errno.EPERM: "Change its permissions, or those of its folder.",
    errno.EROFS: "The disk can only be read: choose another place.",
    errno.EMFILE: "Allow more open files, such as with ulimit -n 4096, and try again.",
    errno.ENFILE: "Close other programs, and try again.",
    errno.EIO: "Check the disk and its connection, and try again.",
    errno.ENOENT: "Check the path.",
}


def remedy(error: OSError) -> str:
    """What to do about it."""
    return _REMEDIES.get(error.errno or 0, "Check the path, its permissions and the disk.")


def system_error(error: RuntimeError) -> OSError:
    """What the system has refused to torch, which tells it by a text: "cannot open: Too many open files (24)"."""
    number = re.search(r"\((\d+)\)$", error.args[0].partition("\n")[0].strip() if error.args else "")
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))


def refusal(kind: type[Error], what: str, error: OSError, where: object) -> Error:
    """What the system refused, as an error of dreamer's: `what` cannot be done, such as "cannot be read"."""
    refused = kind(f"{what}: {error.strerror or error}", where=str(where), remedy=remedy(error))
    refused.refused = True
    return refused


@contextmanager
def reading(kind: type[Error], path: object, what: str = "cannot be read") -> Iterator[None]:
    """Have what the system refuses to Python or torch while the body reads `path` raised as an error of dreamer's.

    That there is no such file is left to the caller.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise refusal(kind, what, error, path) from error
    except RuntimeError as error:  # from torch, which maps files
        if ran_out_of_memory(error):
            raise
        raise refusal(kind, what, system_error(error), path) from error


def ran_out_of_memory(error: BaseException | None) -> bool:
    """Whether memory has run out, the machine's or a device's; also where another error followed from it."""
    if error is None or isinstance(error, MemoryError):
        return error is not None
    told = isinstance(error, RuntimeError) or (isinstance(error, OSError) and not error.errno)  # Pillow's has none
    return told and (any(sign in str(error) for sign in _NO_MEMORY) or ran_out_of_memory(error.__context__))


def no_memory() -> DreamerError:
    """That memory has run out."""
    return DreamerError(
        "there is not enough memory", remedy="Close other programs, or choose a smaller --size or fewer --workers."
    )


@contextmanager
def refusals_told() -> Iterator[None]:
    """Have what the system refuses in the body raised as a DreamerError."""
    try:
        yield
    except OSError as error:
        raise refusal(DreamerError, "cannot be used", error, error.filename or "the system") from error
    except (MemoryError, RuntimeError) as error:
        if not ran_out_of_memory(error):
            raise
        raise no_memory() from error
