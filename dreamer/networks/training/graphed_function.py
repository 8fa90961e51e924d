"""A training step's passes as one CUDA graph: small networks cost a GPU less time than Python takes to launch them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Calls on which a shape runs plainly first: libraries choose their algorithms, and gradients get their memory.
PLAIN_CALLS = 3

Shapes = tuple[tuple[torch.Size, torch.dtype], ...]


@dataclass(frozen=True)
class _Graph:
    graph: torch.cuda.CUDAGraph
    given: tuple[Tensor, ...]
    result: Tensor


class GraphedFunction:
    """A function of tensors on a CUDA device that is replayed as a graph for shapes that keep coming.

    It may change other tensors, such as the gradients of parameters, as long as they stay where they are, and must not
    read any value back. What it returns is overwritten by the next call with the same shapes.
    """

    def __init__(self, function: Callable[..., Tensor], device: torch.device) -> None:
        self._function = function
        # All calls share a stream with the captures: autograd must not meet gradients of another one.
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._calls: Counter[Shapes] = Counter()
        self._graphs: dict[Shapes, _Graph] = {}

    def __call__(self, *tensors: Tensor) -> Tensor:
        """The function's result, on its own stream, for which the current one then waits."""
        shapes: Shapes = tuple((tensor.shape, tensor.dtype) for tensor in tensors)
        self._calls[shapes] += 1
        current = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            if self._calls[shapes] <= PLAIN_CALLS:
                result = self._function(*tensors)
            else:
                if shapes not in self._graphs:
                    self._graphs[shapes] = self._captured(tensors)
                result = self._replayed(self._graphs[shapes], tensors)
        current.wait_stream(self._stream)
        return result

    def _captured(self, tensors: tuple[Tensor, ...]) -> _Graph:
        given = tuple(tensor.clone(memory_format=torch.preserve_format) for tensor in tensors)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream):
            result = self._function(*given)
        return _Graph(graph, given, result)

    def _replayed(self, captured: _Graph, tensors: tuple[Tensor, ...]) -> Tensor:
        for place, tensor in zip(captured.given, tensors, strict=True):
            place.copy_(tensor)
        captured.graph.replay()
        return captured.result
