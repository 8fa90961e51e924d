"""Networks whose maps go on at the opposite side: circular padding in place of zeros."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from dreamer.networks.folding import module_of
from dreamer.presets.model.canvas import Wraps

_POOLINGS = (F.max_pool2d, F.avg_pool2d)

Pair = tuple[int, int]


def make_circular(graph: fx.GraphModule, wraps: Wraps) -> None:
    """Have convolutions and poolings look around the edge, on rows and on columns as `wraps` says.

    Each then gives exactly side / stride cells where its stride divides the side, so that a picture rolled by the
    network's stride gives rolled maps.
    """
    for node in list(graph.graph.nodes):
        module = module_of(graph, node)
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
            changed = copy.copy(module)
            changed.padding, around = _divided(module, wraps)
            node.target = f"{str(node.target).replace('.', '_')}_circular"
            graph.add_submodule(node.target, changed)
            _surround(graph, node, around)
        elif node.op == "call_function" and node.target in _POOLINGS:
            slid = _Pooling(*node.args[1:], **node.kwargs)
            padding, around = _divided(slid, wraps)
            node.args = (node.args[0], slid.kernel_size)
            node.kwargs = {**slid.others, "stride": slid.stride, "padding": padding}
            _surround(graph, node, around)


class _Pooling:
    """The arguments of a pooling function behind its input."""

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, **others: Any) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride or kernel_size, padding
        self.dilation, self.others = others.get("dilation", 1), others


def _divided(slid: Any, wraps: Wraps) -> tuple[Pair, tuple[Pair, Pair]]:
    """What padding of its own a sliding window keeps, and how many cells it is to see around the edges instead: above
    and below, left and right."""
    size, stride, padding, dilation = (
        _pair(value) for value in (slid.kernel_size, slid.stride, slid.padding, getattr(slid, "dilation", 1))
    )
    around: list[Pair] = []
    for axis in (0, 1):
        seen = (size[axis] - 1) * dilation[axis] + 1
        more = max(0, seen - stride[axis]) if wraps[axis] else 0
        before = min(max(padding[axis], more // 2), more)
        around.append((before, more - before))
    kept = (0 if wraps[0] else padding[0], 0 if wraps[1] else padding[1])
    return kept, (around[0], around[1])


def _pair(value: Any) -> Pair:
    return (value[0], value[-1]) if isinstance(value, (tuple, list)) else (value, value)


def _surround(graph: fx.GraphModule, node: fx.Node, around: tuple[Pair, Pair]) -> None:
    (seen,) = node.all_input_nodes
    if around != ((0, 0), (0, 0)):
        with graph.graph.inserting_before(node):
            node.replace_input_with(seen, graph.graph.call_function(wrapped, (seen, *around)))


def wrapped(maps: Tensor, rows: Pair, columns: Pair) -> Tensor:
    """(B, C, h, w) with cells of the opposite sides: `rows` above and below, `columns` left and right."""
    return _wrapped(_wrapped(maps, 2, rows), 3, columns)


def _wrapped(maps: Tensor, dim: int, cells: Pair) -> Tensor:
    before, after = cells
    if not before and not after:
        return maps
    length = maps.shape[dim]
    if max(before, after) > length:
        return maps.index_select(dim, torch.arange(-before, length + after, device=maps.device) % length)
    # Parts put together keep channels last, as padding does not.
    return torch.cat([maps.narrow(dim, length - before, before), maps, maps.narrow(dim, 0, after)], dim)
