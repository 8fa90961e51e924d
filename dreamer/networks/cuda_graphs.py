"""CUDA graphs: a network that is called with one size again and again is captured, and then launched whole.

Small pictures cost a GPU less time than Python takes to launch a network's hundreds of kernels one by one; a graph
launches them at once. A capture takes some passes and keeps its memory, so only a size that keeps coming is captured.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_log = logging.getLogger(__name__)

Module = Callable[[Tensor], dict[str, Tensor]]
Capture = Callable[[Module, Tensor], Module]
"""Makes of a module and a sample of its input a function that replays the module; see `cuda_graphs`."""
# A size is captured at this call; a capture costs about as much as five passes.
CAPTURE_AT = 4
# Memory that all captures of a network may hold. Where one size takes more, launches are not what takes time.
MAX_BYTES = 1 << 30
# A capture that was not used in as many calls makes room for others.
IDLE_CALLS = 1000
# Passes before a capture, in which libraries choose their algorithms and take their memory.
WARM_UP = 3
# How closely a replay must agree with the plain module, as a cosine, before the capture is used.
MIN_COSINE = 0.999


def cuda_graphs(module: Module, sample: Tensor) -> Module:
    """Capture the module's forward pass and, where the sample requires its gradient, its backward pass as CUDA graphs.

    What it returns is overwritten by the next call; until then any number of backward passes may be taken.
    torch's `make_graphed_callables` warms up and captures on two streams, which its autograd warns of at every pass,
    and allows one backward pass. Raises RuntimeError where something cannot be captured.
    """
    stream = torch.cuda.Stream(sample.device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream(sample.device))
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            values = list(module(sample).values())
            if sample.requires_grad:
                torch.autograd.grad(values, sample, [torch.zeros_like(value) for value in values])
        del values
    torch.cuda.current_stream(sample.device).wait_stream(stream)
    forward = torch.cuda.CUDAGraph()
    with torch.cuda.graph(forward, stream=stream):
        outputs = module(sample)
    if sample.requires_grad:
        return _with_backward(sample, outputs, forward, stream)

    def replayed(x: Tensor) -> dict[str, Tensor]:
        sample.copy_(x)
        forward.replay()
        return outputs

    return replayed


def _with_backward(
    sample: Tensor, outputs: dict[str, Tensor], forward: torch.cuda.CUDAGraph, stream: torch.cuda.Stream
) -> Module:
    """The replay of a captured forward pass with its backward pass, which is captured here."""
    backward = torch.cuda.CUDAGraph()
    given = [torch.empty_like(value) for value in outputs.values()]
    with torch.cuda.graph(backward, pool=forward.pool(), stream=stream):
        # Retained, so that no memory of the activations is given to what comes later: they are read at every replay.
        (gradient,) = torch.autograd.grad(list(outputs.values()), sample, given, retain_graph=True)

    class Replayed(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> tuple[Tensor, ...]:
            sample.copy_(x)
            forward.replay()
            return tuple(value.detach() for value in outputs.values())

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

    What it returns is overwritten by the next call with the same size. Inputs that require no gradient are captured on
    their own, forward alone. Where a capture fails, or does not give what the module itself gives, the plain module
    runs. `bytes_per_pixel`: memory for a forward and backward pass, for each px of input.
    """

    def __init__(self, module: Module, capture: Capture, bytes_per_pixel: float) -> None:
        self._module, self._capture, self._bytes_per_pixel = module, capture, bytes_per_pixel
        self._calls_of: Counter[tuple[bool, tuple[int, ...]]] = Counter()
        self._captured: dict[tuple[bool, tuple[int, ...]], _Captured] = {}
        self._calls = 0

    def __call__(self, x: Tensor) -> dict[str, Tensor]:
        """The module's outputs for (B, C, H, W)."""
        size = x.requires_grad, tuple(x.shape)
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
        sample = x.detach().clone(memory_format=torch.preserve_format).requires_grad_(x.requires_grad)
        try:
            # As a function: a module would be patched to replay at every size.
            replay = self._capture(lambda image: self._module(image), sample)
            plain, *replayed = (_answer(module, x) for module in (self._module, replay, replay))
        except RuntimeError as error:  # out of memory, or an operation that no graph can hold
            _log.debug("%s is not captured: %s", tuple(x.shape), error)
            return None
        if all(_agree(plain, answer) for answer in replayed):
            return replay
        _log.debug("%s is not captured: its replay differs from the network itself", tuple(x.shape))
        return None


def _answer(module: Module, x: Tensor) -> Tensor:
    """What the module makes of `x`; or, where `x` requires it, twice the gradient of half the mean square of that.

    Flat float32. The gradient is the sum of two backward passes, since there may be more than one.
    """
    if not x.requires_grad:
        return torch.cat([value.float().flatten() for value in module(x).values()])
    leaf = x.detach().requires_grad_(True)
    score = torch.stack([value.float().square().mean() for value in module(leaf).values()]).sum() / 2
    passes = [torch.autograd.grad(score, leaf, retain_graph=more)[0].float().clone() for more in (True, False)]
    return (passes[0] + passes[1]).flatten()


def _agree(one: Tensor, other: Tensor) -> bool:
    # Enlarged first, because the cosine takes what is smaller than 1e-8 for nothing.
    largest = torch.maximum(one.abs().max(), other.abs().max())
    if float(largest) == 0:
        return True
    return bool(torch.cosine_similarity(one / largest, other / largest, dim=0) >= MIN_COSINE)
