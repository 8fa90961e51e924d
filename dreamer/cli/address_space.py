"""A limited address space (`ulimit -v`), in which loading torch may end the process without a word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from dreamer.errors import DeviceError
from dreamer.memory import address_space_left

# With more than this torch has always been loaded.
PLENTY = 8 << 30
# With half a GiB for the dream itself.
_TRIAL = "import torch; room = bytearray(1 << 29); torch.ones(64, 64) @ torch.ones(64, 64)"


def watch_for_torch() -> None:
    """Where the address space is limited, try in another process whether torch fits, when it is about to be imported.

    The import then raises DeviceError where it does not.
    """
    left = address_space_left()
    if left is not None and left < PLENTY and "torch" not in sys.modules:
        sys.meta_path.insert(0, _Trial(left))


class _Trial(MetaPathFinder):
    """Finds nothing, but tries torch before others find it."""

    def __init__(self, left: int) -> None:
        self._left = left

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None, as for what is not found. Raises DeviceError."""
        if fullname == "torch":
            sys.meta_path.remove(self)
            if subprocess.run([sys.executable, "-c", _TRIAL], capture_output=True, check=False).returncode != 0:
                raise DeviceError(
                    f"torch does not fit into the {self._left / 2**30:.1f} GiB that are left of the address space",
                    remedy="Raise the limit, as `ulimit -v unlimited` does.",
                )
        return None
