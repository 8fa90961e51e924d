"""Networks as graphs: traced once, cut at the deepest layer that is asked for, frozen and made fast."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, fx, nn
from torchvision.models.feature_extraction import NodePathTracer

from dreamer.errors import TargetError
from dreamer.networks.circular import make_circular
from dreamer.networks.cuda_graphs import GraphedModule, cuda_graphs
from dreamer.networks.folding import fold_batch_norm, make_leaky, replace_relu, spare_outputs
from dreamer.networks.gpu_fusion import fuse_for_cuda, own_pooling_works
from dreamer.networks.layer_names import similar_layers
from dreamer.presets.model.canvas import FLAT, Wraps

Rectifier = Callable[[Tensor], Tensor]
"""A function in place of every ReLU, such as one with another backward pass."""
LOGITS = "logits"
# Below this side, in px, nothing that can be recognized grows, even where a network would take it.
SMALLEST_SIDE = 32
LARGEST_TRIED = 1024
PROBE_SIDE = 512
# Backward passes keep some values beside the layers' outputs; measured on GoogLeNet and VGG16.
BACKWARD_OVERHEAD = 1.5


@dataclass(frozen=True)
class LayerShape:
    """A layer at a given input size: `kind` is the module's type; sizes of its map in cells.

    The units of a fully connected layer, which has no map, are kernels of one cell.
    """

    name: str
    kind: str
    channels: int
    height: int
    width: int
    has_map: bool = True


class Trace:
    """A network's graph, made once. It is copied for every cut and never runs itself.

    `other_names`: the network's own names of layers by those that are understood, too.
    """

    def __init__(self, network: nn.Module, other_names: Mapping[str, str] | None = None) -> None:
        self._other_names = other_names or {}
        network.eval().requires_grad_(False)
        tracer = NodePathTracer()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = tracer.trace(network)
        self.module = fx.GraphModule(network, graph)
        self.kinds = {name: type(module).__name__ for name, module in network.named_modules() if name}
        paths = {node: str(path) for node, path in tracer.node_to_qualname.items()}
        # A layer's output is that of the last node inside it, so that a block's name stands for the block's end.
        self.outputs: dict[str, str] = {}
        for node, path in paths.items():
            parts = path.split(".")
            for depth in range(1, len(parts) + 1):
                name = ".".join(parts[:depth])
                if name in self.kinds and node.op != "placeholder":
                    self.outputs.pop(name, None)
                    self.outputs[name] = node.name

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers with a map or a row of units, in order of computation, and then `logits`."""
        return (*(shape.name for shape in self._probed), LOGITS)

    @cached_property
    def _probed(self) -> list[LayerShape]:
        return self.shapes(PROBE_SIDE, PROBE_SIDE)

    def shapes(self, height: int, width: int) -> list[LayerShape]:
        """Every layer with a spatial map, and every fully connected one, for an input in px.

        Raises RuntimeError where that is too small.
        """
        sizes = node_sizes(self.module, height, width)
        shapes = []
        for name, node in self.outputs.items():
            size = sizes.get(node, ())
            if len(size) in (2, 4):
                rows, columns = size[2:] or (1, 1)
                shapes.append(LayerShape(name, self.kinds[name], size[1], rows, columns, has_map=len(size) == 4))
        return shapes

    @cached_property
    def fully_connected(self) -> frozenset[str]:
        """The layers with a row of units in place of maps."""
        return frozenset(shape.name for shape in self._probed if not shape.has_map)

    def own_name(self, layer: str) -> str:
        """The network's own name of a layer that may be called as in papers; what is unknown is left as it is."""
        return layer if layer in self.layers else self._other_names.get(layer, layer)

    def unknown(self, layer: str) -> TargetError:
        """The error for a layer that the network does not have, with the nearest names."""
        remedy = similar_layers(layer, self.layers, self._other_names)
        return TargetError(
            f"the network has no layer {layer!r}", remedy=remedy or "`dreamer networks layers NAME` lists them."
        )

    def nodes(self, graph: fx.Graph, layers: Sequence[str]) -> dict[str, fx.Node]:
        """The output node of each layer in `graph`. Raises TargetError with the nearest names for an unknown one."""
        by_name = {node.name: node for node in graph.nodes}
        outputs = {}
        for layer in layers:
            if layer == LOGITS:
                outputs[layer] = graph.find_nodes(op="output")[0].all_input_nodes[0]
            elif self.own_name(layer) in self.layers:
                outputs[layer] = by_name[self.outputs[self.own_name(layer)]]
            else:
                raise self.unknown(layer)
        return outputs


def node_sizes(module: fx.GraphModule, height: int, width: int) -> dict[str, tuple[int, ...]]:
    """Output size of each node for a (1, 3, height, width) input, without computing any value."""
    sizes: dict[str, tuple[int, ...]] = {}

    class Sizes(fx.Interpreter):
        def run_node(self, n: fx.Node) -> object:
            result: object = super().run_node(n)
            if isinstance(result, Tensor):
                sizes[n.name] = tuple(result.shape)
            return result

    with torch.no_grad():
        precision = next((weight.dtype for weight in module.parameters()), torch.float32)
        Sizes(on_meta(module)).run(torch.empty(1, 3, height, width, device="meta", dtype=precision))
    return sizes


def on_meta(module: fx.GraphModule) -> fx.GraphModule:
    """A copy without values, for asking about shapes."""
    memo: dict[int, object] = {}
    for tensor in [*module.parameters(), *module.buffers()]:
        empty = torch.empty_like(tensor, device="meta")
        memo[id(tensor)] = nn.Parameter(empty, requires_grad=False) if isinstance(tensor, nn.Parameter) else empty
    return copy.deepcopy(module, memo)


class Cut:
    """A network up to the deepest of its `layers`, frozen: (B, 3, H, W) float32 in [0, 1] to their activations.

    `smallest`: shortest side in px that it takes. `stride`: px for each cell of its deepest layer.
    `bytes_per_pixel`: memory for a forward and backward pass, for each px of input. `wraps`: on which axes it looks
    around the picture's edge; there it has a cell for each `stride` px.
    """

    def __init__(
        self,
        trace: Trace,
        layers: Sequence[str],
        *,
        mean: Sequence[float],
        std: Sequence[float],
        device: torch.device,
        precision: torch.dtype,
        negative_slope: float = 0.0,
        rectifier: Rectifier | None = None,
        fold: bool = True,
        wraps: Wraps = FLAT,
    ) -> None:
        self.layers, self._precision = tuple(layers), precision
        module, kept = _pruned(trace, layers)
        if fold:
            fold_batch_norm(module, kept)
        if rectifier is not None:
            replace_relu(module, rectifier)
        elif negative_slope > 0:
            make_leaky(module, negative_slope)
        if any(wraps):
            make_circular(module, wraps)
        spare_outputs(module, list(kept.values()))
        _give_maps(module, [name for name in layers if trace.own_name(name) in trace.fully_connected])
        module.graph.lint()
        module.delete_all_unused_submodules()
        module.recompile()
        self._measure(module, wraps)
        if device.type == "cuda" and precision != torch.float32:
            fuse_for_cuda(module, pools=own_pooling_works(device))
        channels_last = {"memory_format": torch.channels_last}
        self._module = module.to(device=device, dtype=precision).to(**channels_last)
        # (x - mean) / std as one multiplication and one addition, in float32.
        self._scale = torch.tensor([1 / s for s in std], device=device).view(1, 3, 1, 1)
        self._shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)], device=device).view(1, 3, 1, 1)
        self._repeated: Callable[[Tensor], dict[str, Tensor]] = self._module
        if device.type == "cuda":
            self._repeated = GraphedModule(self._module, cuda_graphs, self.bytes_per_pixel)

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Activations by layer in the working precision: (B, C, h, w), and (B, classes) for `logits`.

        The units of a fully connected layer come as maps of one cell.
        """
        outputs: dict[str, Tensor] = self._module(self._normal(image))
        return outputs

    def repeated(self, image: Tensor) -> dict[str, Tensor]:
        """The same for a loop that is done with it before the next call.

        On CUDA, sizes that keep coming are replayed as graphs, which overwrite what they returned.
        """
        return self._repeated(self._normal(image))

    def _normal(self, image: Tensor) -> Tensor:
        normal = torch.addcmul(self._shift, image, self._scale).to(self._precision)
        return normal.contiguous(memory_format=torch.channels_last)

    @property
    def graph(self) -> fx.GraphModule:
        """The graph that runs, which returns its layers by name."""
        return self._module

    @property
    def operations(self) -> set[str]:
        """What it is made of: names of modules' types, functions and methods."""
        names = set()
        for node in self._module.graph.nodes:
            if node.op == "call_module":
                names.add(type(self._module.get_submodule(str(node.target))).__name__)
            elif node.op in ("call_function", "call_method"):
                names.add(getattr(node.target, "__name__", str(node.target)))
        return names

    def _measure(self, module: fx.GraphModule, wraps: Wraps) -> None:
        side = PROBE_SIDE
        sizes = node_sizes(module, side, side)
        values = sum(math.prod(size) for size in sizes.values())
        per_value = torch.empty(0, dtype=self._precision).element_size()
        self.bytes_per_pixel = values * per_value * BACKWARD_OVERHEAD / side**2
        # Where maps wrap, each cell of one is as many px of the picture; others are of pooling to a given size.
        maps = [size[2] for size in sizes.values() if len(size) == 4 and not (any(wraps) and side % size[2])]
        cells = min((cells for cells in maps if cells > 1), default=side)
        self.stride = 2 ** max(0, math.ceil(math.log2(side / cells) - 0.01))
        self.smallest = next(side for side in _sides() if _takes(module, side))


def _sides() -> list[int]:
    return [SMALLEST_SIDE, *range(SMALLEST_SIDE + 8, LARGEST_TRIED, 8)]


def _takes(module: fx.GraphModule, side: int) -> bool:
    try:
        node_sizes(module, side, side)
    except RuntimeError:
        return False
    return True


def _pruned(trace: Trace, layers: Sequence[str]) -> tuple[fx.GraphModule, dict[str, fx.Node]]:
    """A copy of the network that returns just `layers`, by name, without all that they do not need."""
    pruned = fx.GraphModule(trace.module, copy.deepcopy(trace.module.graph))
    kept = trace.nodes(pruned.graph, layers)
    (output,) = pruned.graph.find_nodes(op="output")
    output.args = (dict(kept),)
    pruned.graph.eliminate_dead_code()
    pruned.delete_all_unused_submodules()
    # Copied only now, so that the weights of what was cut off are not.
    module = copy.deepcopy(pruned)
    by_name = {node.name: node for node in module.graph.nodes}
    return module, {layer: by_name[node.name] for layer, node in kept.items()}


def _give_maps(module: fx.GraphModule, rows: Iterable[str]) -> None:
    """Return (B, C) outputs of these layers as (B, C, 1, 1), so that a unit is a kernel like any other."""
    (output,) = module.graph.find_nodes(op="output")
    with module.graph.inserting_before(output):
        columns = {layer: module.graph.call_method("unsqueeze", (output.args[0][layer], 2)) for layer in rows}
        maps = {layer: module.graph.call_method("unsqueeze", (column, 3)) for layer, column in columns.items()}
    output.args = ({**output.args[0], **maps},)


__all__ = ["LOGITS", "Cut", "LayerShape", "Trace"]
