"""Receptive fields: which pixels a cell of a layer can see, from the sizes of filters and strides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F
from torch import fx, nn

from dreamer.networks.cut import Cut
from dreamer.networks.folding import module_of

Pair = tuple[float, float]


@dataclass(frozen=True)
class ReceptiveField:
    """Along each axis, first down and then across, cell i sees the pixels i * jump + low to i * jump + high.

    Infinite where a layer looks at the whole picture.
    """

    jump: Pair
    low: Pair
    high: Pair

    def box(self, row: int, column: int, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, bottom, right in px of a cell in a picture of height x width px; bottom and right are not seen."""

        def ends(axis: int, cell: int, side: int) -> tuple[int, int]:
            first = max(0.0, cell * self.jump[axis] + self.low[axis])
            last = min(float(side - 1), cell * self.jump[axis] + self.high[axis])
            return int(first), int(last) + 1

        (top, bottom), (left, right) = ends(0, row, height), ends(1, column, width)
        return top, left, bottom, right


def receptive_field(cut: Cut, layer: str) -> ReceptiveField:
    """What the cells of `layer` see, Araujo, Norris & Sim 2019, "Computing receptive fields of CNNs"."""
    graph = cut.graph
    fields: dict[fx.Node, ReceptiveField] = {}
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            fields[node] = ReceptiveField((1, 1), (0, 0), (0, 0))
        elif node.op != "output":
            inputs = [fields[source] for source in node.all_input_nodes if source in fields]
            if inputs:
                fields[node] = _after(graph, node, _union(inputs))
    (output,) = graph.graph.find_nodes(op="output")
    return fields[output.args[0][layer]]


def _union(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    def both(choose: Callable[..., float], values: list[Pair]) -> Pair:
        return choose(pair[0] for pair in values), choose(pair[1] for pair in values)

    return ReceptiveField(
        both(max, [field.jump for field in fields]),
        both(min, [field.low for field in fields]),
        both(max, [field.high for field in fields]),
    )


def _after(graph: fx.GraphModule, node: fx.Node, field: ReceptiveField) -> ReceptiveField:
    module = module_of(graph, node)
    if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
        return _slid(field, module.kernel_size, module.stride, module.padding, getattr(module, "dilation", 1))
    if isinstance(module, (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)) or node.target in (
        F.adaptive_avg_pool2d, F.adaptive_max_pool2d, "mean",
    ):  # fmt: skip
        return _everything(field)
    if node.target in (F.max_pool2d, F.avg_pool2d):
        size = node.args[1] if len(node.args) > 1 else node.kwargs["kernel_size"]
        stride = node.args[2] if len(node.args) > 2 else node.kwargs.get("stride")
        padding = node.args[3] if len(node.args) > 3 else node.kwargs.get("padding", 0)
        return _slid(field, size, stride or size, padding, node.kwargs.get("dilation", 1))
    return field


def _slid(field: ReceptiveField, size: Any, stride: Any, padding: Any, dilation: Any) -> ReceptiveField:
    size, stride, padding, dilation = (_pair(value) for value in (size, stride, padding, dilation))
    low = tuple(field.low[axis] - padding[axis] * field.jump[axis] for axis in (0, 1))
    high = tuple(
        field.high[axis] + ((size[axis] - 1) * dilation[axis] - padding[axis]) * field.jump[axis] for axis in (0, 1)
    )
    jump = tuple(field.jump[axis] * stride[axis] for axis in (0, 1))
    return ReceptiveField((jump[0], jump[1]), (low[0], low[1]), (high[0], high[1]))


def _everything(field: ReceptiveField) -> ReceptiveField:
    return ReceptiveField(field.jump, (-math.inf, -math.inf), (math.inf, math.inf))


def _pair(value: Any) -> tuple[int, int]:
    return (value[0], value[-1]) if isinstance(value, (tuple, list)) else (value, value)
