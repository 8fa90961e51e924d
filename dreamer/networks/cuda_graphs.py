"""CUDA graphs: a network that is called with one size again and again is captured, and then launched whole.

Small pictures cost a GPU less time than Python takes to launch a network's hundreds of kernels one by one; a graph
launches them at once. A capture takes some passes and keeps its memory, so only a size that keeps coming is captured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Module = Callable[[Tensor], dict[str, Tensor]]
Capture = Callable[[Module, tuple[Tensor]], Module]
"""Makes of a module and a sample of its input a function that replays the module."""
# A size is captured at this call; a capture costs about as much as five passes.
CAPTURE_AT = 4
# Memory that all captures of a network may hold. Where one size takes more, launches are not what takes time.
MAX_BYTES = 1 << 30
# A capture that was not used in as many calls makes room for others.
IDLE_CALLS = 1000
# Passes before a capture, in which libraries choose their algorithms and take their memory.
WARM_UP = 3
# How closely a replayed gradient must agree with the plain one, as a cosine, before the capture is used.
MIN_COSINE = 0.999


def cuda_graphs(module: Module, sample: tuple[Tensor]) -> Module:
    """Capture the module's forward and backward pass as two CUDA graphs. Raises RuntimeError where that fails.

    torch's `make_graphed_callables` warms up and captures on two streams, which its autograd warns of at every pass.
    """
    (static,) = sample
    stream = torch.cuda.Stream(static.device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream(static.device))
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            values = list(module(static).values())
            torch.autograd.grad(values, static, [torch.zeros_like(value) for value in values])
        del values
    torch.cuda.current_stream(static.device).wait_stream(stream)
    forward, backward = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
    with torch.cuda.graph(forward, stream=stream):
        outputs = module(static)
    given = [torch.empty_like(value) for value in outputs.values()]
    with torch.cuda.graph(backward, pool=forward.pool(), stream=stream):
        (gradient,) = torch.autograd.grad(list(outputs.values()), static, given)
    fixed = [value.detach() for value in outputs.values()]

    class Replayed(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> tuple[Tensor, ...]:
            static.copy_(x)
            forward.replay()
            return tuple(value.detach() for value in fixed)

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> Tensor:
            for place, value in zip(given, gradients, strict=True):
                place.copy_(value)
            backward.replay()
            return gradient.detach()

    return lambda x: dict(zip(outputs, Replayed.apply(x), strict=True))


@dataclass
class _Captured:
    """`replay`: None where the size cannot be captured. `last_call`: number of the last call that used it."""

    replay: Module | None
    bytes: float
    last_call: int


class GraphedModule:
    """A module that captures itself for the sizes that keep coming, and replays them.

    What it returns is overwritten by the next call, and one backward pass may be taken through it, because the replay
    frees what that pass has read. Where a capture fails, or does not give the module's own gradient, the plain module
    runs. `bytes_per_pixel`: memory for a forward and backward pass, for each px of input.
    """

    def __init__(self, module: Module, capture: Capture, bytes_per_pixel: float) -> None:
        self._module, self._capture, self._bytes_per_pixel = module, capture, bytes_per_pixel
        self._calls_of: Counter[tuple[int, ...]] = Counter()
        self._captured: dict[tuple[int, ...], _Captured] = {}
        self._calls = 0

    def __call__(self, x: Tensor) -> dict[str, Tensor]:
        """The module's outputs for (B, C, H, W)."""
        if not x.requires_grad:
            return self._module(x)
        size = tuple(x.shape)
        self._calls += 1
        self._calls_of[size] += 1
        if size not in self._captured and self._calls_of[size] >= CAPTURE_AT and self._has_room(x):
            replay = self._captured_replay(x)
            self._captured[size] = _Captured(replay, self._bytes(x) if replay else 0, self._calls)
        captured = self._captured.get(size)
        if captured is None or captured.replay is None:
            return self._module(x)
        captured.last_call = self._calls
        return captured.replay(x)

    def _bytes(self, x: Tensor) -> float:
        return self._bytes_per_pixel * x.numel() / x.shape[1]

    def _has_room(self, x: Tensor) -> bool:
        """Whether another capture fits, after those that were not used for long are dropped."""
        if self._bytes(x) > MAX_BYTES:
            return False
        if self._held() + self._bytes(x) > MAX_BYTES:
            recent = self._calls - IDLE_CALLS
            self._captured = {size: kept for size, kept in self._captured.items() if kept.last_call >= recent}
        return self._held() + self._bytes(x) <= MAX_BYTES

    def _held(self) -> float:
        return sum(captured.bytes for captured in self._captured.values())

    def _captured_replay(self, x: Tensor) -> Module | None:
        sample = x.detach().clone(memory_format=torch.preserve_format).requires_grad_(True)
        try:
            # As a function: a module would be patched to replay at every size.
            replay = self._capture(lambda image: self._module(image), (sample,))
            plain, replayed = (_gradient(module, x) for module in (self._module, replay))
            return replay if torch.cosine_similarity(plain, replayed, dim=0) >= MIN_COSINE else None
        except RuntimeError:
            return None  # out of memory, or an operation that no graph can hold


def _gradient(module: Module, x: Tensor) -> Tensor:
    """Of half the mean square of everything the module returns, by its input; flat float32."""
    leaf = x.detach().requires_grad_(True)
    score = torch.stack([value.float().square().mean() for value in module(leaf).values()]).sum() / 2
    (gradient,) = torch.autograd.grad(score, leaf)
    return gradient.float().flatten().clone()
