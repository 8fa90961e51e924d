"""How much memory this process may still take: by the machine, its container and its own limits. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

UNKNOWN = 4 << 30
# Version 1 of control groups writes "no limit" as the largest multiple of a page.
_NO_LIMIT = 1 << 60


_asked: int | None = None  # a limit is the whole process's, like the operating system's own


def limit_memory(most: int | None) -> None:
    """Let this process take at most `most` bytes in all from now on; None: as many as there are."""
    global _asked
    _asked = most


def available_memory(root: Path = Path("/")) -> int:
    """Bytes that can be taken; 4 GiB where nothing says. `root`: where /proc and /sys are.

    The least of what the machine has free, what the limits of the control groups leave, those of a container or of
    systemd, what the limit of the address space does, and that of `limit_memory`.
    """
    asked = None if _asked is None else _asked - resident_memory(root)
    known = [_machine(root), *_control_groups(root), address_space_left(root), asked]
    return max(0, min((value for value in known if value is not None), default=UNKNOWN))


def resident_memory(root: Path = Path("/")) -> int:
    """Bytes that this process has in memory; 0 where nothing says."""
    pages = (_text(root / "proc/self/statm") or "0 0").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


def address_space_left(root: Path = Path("/")) -> int | None:
    """Bytes until `ulimit -v`; None where there is no such limit."""
    if resource is None:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = (_text(root / "proc/self/statm") or "0").split()[0]
    return None if limit == resource.RLIM_INFINITY else limit - int(pages) * os.sysconf("SC_PAGE_SIZE")


def _machine(root: Path) -> int | None:
    for line in (_text(root / "proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _control_groups(root: Path) -> Iterator[int]:
    """What each group that this process is in leaves; of nested groups each has a limit of its own."""
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _groups(root / "sys/fs/cgroup", path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            yield from _groups(root / "sys/fs/cgroup/memory", path, *names)


def _groups(top: Path, path: str, limit: str, usage: str, cache: str) -> Iterator[int]:
    inner = PurePosixPath(path.lstrip("/"))
    for group in (inner, *inner.parents):
        most, taken = _number(top / group / limit), _number(top / group / usage)
        if most is None or taken is None or most >= _NO_LIMIT:
            continue
        # Files that were read stay in memory until someone needs the room.
        statistics = dict(line.split() for line in (_text(top / group / "memory.stat") or "").splitlines())
        yield most - taken + int(statistics.get(cache, 0))


def _number(path: Path) -> int | None:
    text = (_text(path) or "").strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
