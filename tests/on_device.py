"""The device that tests of the engine run on: `pytest --device cuda`, or DREAMER_TEST_DEVICE; the CPU by default.

What a test makes itself is made there: the module's mode moves the tensors of every factory function that a file of
`tests/` calls. dreamer's own code makes its tensors where it always does, so that mixed devices are still found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

TESTS = str(Path(__file__).resolve().parent) + os.sep
VARIABLE = "DREAMER_TEST_DEVICE"
DEVICE = torch.device(os.environ.get(VARIABLE) or "cpu")
FACTORIES = {
    getattr(torch, name)
    for name in (
        "arange", "empty", "eye", "from_numpy", "full", "linspace", "ones", "rand", "randint", "randn", "tensor",
        "zeros",
    )
}  # fmt: skip


class OnDevice(TorchFunctionMode):
    """Moves to `DEVICE` what tests make without naming a device; random numbers stay those of the CPU's generators."""

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        made = func(*args, **kwargs)
        if func in FACTORIES and "device" not in kwargs and sys._getframe(1).f_code.co_filename.startswith(TESTS):
            leaf = made.requires_grad
            made = made.detach().to(DEVICE)
            return made.requires_grad_(True) if leaf else made
        return made


def within(on_cpu: float, elsewhere: float = 1e-3) -> float:
    """How far results may lie apart: `on_cpu` there, and at least `elsewhere` on another device.

    A GPU sums in another order, and a dream amplifies the last digits.
    """
    return on_cpu if DEVICE.type == "cpu" else max(on_cpu, elsewhere)
