"""CUDA graphs: a network that sees one size again and again is recorded, and then launched whole.

Small pictures cost a GPU less time than Python takes to launch a network's hundreds of kernels one by one; a graph
launches them at once. Recording takes some passes and keeps its memory, so only a size that keeps coming is recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

Module = Callable[[Tensor], dict[str, Tensor]]
Recorder = Callable[[Module, tuple[Tensor]], Module]
"""Makes of a module and a sample of its input what replays it."""
# A size is recorded when it comes for this time; recording costs about as much as five passes.
TIMES = 4
# What all recordings of a network may hold on to. Where one size takes more, launches are not what takes time.
BYTES = 1 << 30
# A recording that was not used in so many calls makes room for others.
IDLE = 1000
# How closely a recording's gradient must agree with the plain one's, as a cosine, before it is used.
AGREEMENT = 0.999


def cuda_graphs(module: Module, sample: tuple[Tensor]) -> Module:
    """Record the module's pass there and back as two CUDA graphs. Raises RuntimeError where that cannot be done."""
    return cast(Module, torch.cuda.make_graphed_callables(module, sample))


@dataclass
class _Recording:
    """`replay`: None where the size cannot be recorded. `used`: number of the last call."""

    replay: Module | None
    bytes: float
    used: int


class GraphedModule:
    """A module that records itself for the sizes that keep coming.

    What it returns is overwritten by the next call, and one backward pass may be taken through it, for the recording
    frees what that pass has read. Where recording fails, or does not give the module's own gradient, the module runs
    as ever. `bytes_per_pixel`: memory for a pass, for each px of input.
    """

    def __init__(self, module: Module, record: Recorder, bytes_per_pixel: float) -> None:
        self._module, self._record, self._bytes_per_pixel = module, record, bytes_per_pixel
        self._seen: Counter[tuple[int, ...]] = Counter()
        self._recordings: dict[tuple[int, ...], _Recording] = {}
        self._calls = 0

    def __call__(self, x: Tensor) -> dict[str, Tensor]:
        """The module's outputs for (B, C, H, W)."""
        if not x.requires_grad:
            return self._module(x)
        size = tuple(x.shape)
        self._calls += 1
        self._seen[size] += 1
        if size not in self._recordings and self._seen[size] >= TIMES and self._has_room(x):
            replay = self._recorded(x)
            self._recordings[size] = _Recording(replay, self._bytes(x) if replay else 0, self._calls)
        recording = self._recordings.get(size)
        if recording is None or recording.replay is None:
            return self._module(x)
        recording.used = self._calls
        return recording.replay(x)

    def _bytes(self, x: Tensor) -> float:
        return self._bytes_per_pixel * x.numel() / x.shape[1]

    def _has_room(self, x: Tensor) -> bool:
        """Whether another recording fits, after those that nobody uses are dropped."""
        if self._bytes(x) > BYTES:
            return False
        held = sum(each.bytes for each in self._recordings.values())
        if held + self._bytes(x) > BYTES:
            self._recordings = {s: each for s, each in self._recordings.items() if self._calls - each.used <= IDLE}
            held = sum(each.bytes for each in self._recordings.values())
        return held + self._bytes(x) <= BYTES

    def _recorded(self, x: Tensor) -> Module | None:
        sample = x.detach().clone(memory_format=torch.preserve_format).requires_grad_(True)
        try:
            # As a function: a module would be patched to replay at every size.
            recording = self._record(lambda image: self._module(image), (sample,))
            plain, replayed = (_gradient(module, x) for module in (self._module, recording))
            return recording if torch.cosine_similarity(plain, replayed, dim=0) >= AGREEMENT else None
        except RuntimeError:
            return None  # out of memory, or an operation that no graph can hold


def _gradient(module: Module, x: Tensor) -> Tensor:
    """Of half the mean square of everything the module returns, by its input; flat float32."""
    leaf = x.detach().requires_grad_(True)
    score = torch.stack([value.float().square().mean() for value in module(leaf).values()]).sum() / 2
    (gradient,) = torch.autograd.grad(score, leaf)
    return gradient.float().flatten().clone()
