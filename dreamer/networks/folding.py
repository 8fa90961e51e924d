"""Passes over a traced network that change its speed or its character, and are checked against the plain one."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Collection

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_RELU_FUNCTIONS = (F.relu, F.relu_, torch.relu, torch.relu_)
_OUT_OF_PLACE = {operator.iadd: operator.add, operator.imul: operator.mul, F.relu_: F.relu, torch.relu_: torch.relu}


def module_of(graph: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    """The module that a node calls, or None where it calls a function."""
    return graph.get_submodule(str(node.target)) if node.op == "call_module" else None


def is_relu(graph: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a node is a ReLU, be it a module, a function or a method, in place or not."""
    return (
        isinstance(module_of(graph, node), nn.ReLU)
        or (node.op == "call_function" and node.target in _RELU_FUNCTIONS)
        or (node.op == "call_method" and node.target in ("relu", "relu_"))
    )


def fold_batch_norm(graph: fx.GraphModule, kept: dict[str, fx.Node]) -> None:
    """Fold each batch norm into the convolution before it, in eval mode (Ioffe & Szegedy 2015, section 3.1).

    A convolution that `kept` asks for, or that others read too, keeps its own output. Nodes of `kept` that are folded
    away are replaced by those that give the same values.
    """
    wanted = set(kept.values())
    for node in list(graph.graph.nodes):
        norm = module_of(graph, node)
        if not isinstance(norm, nn.BatchNorm2d) or norm.running_mean is None:
            continue
        before = node.args[0]
        conv = module_of(graph, before) if isinstance(before, fx.Node) else None
        if type(conv) is not nn.Conv2d or before in wanted or len(before.users) > 1 or _calls(graph, before) > 1:
            continue
        graph.set_submodule(str(before.target), fuse_conv_bn_eval(conv, norm))
        node.replace_all_uses_with(before)
        for name in [name for name, output in kept.items() if output is node]:
            kept[name] = before
        graph.graph.erase_node(node)


def _calls(graph: fx.GraphModule, node: fx.Node) -> int:
    return sum(other.op == "call_module" and other.target == node.target for other in graph.graph.nodes)


def spare_outputs(graph: fx.GraphModule, outputs: Collection[fx.Node]) -> None:
    """Make what would overwrite one of `outputs` in place work out of place."""
    for node in outputs:
        for user in _readers(graph, node):
            module = module_of(graph, user)
            if module is not None and getattr(module, "inplace", False):
                changed = copy.copy(module)
                setattr(changed, "inplace", False)  # noqa: B010 - nn.Module declares no such attribute
                user.target = f"{str(user.target).replace('.', '_')}_spared"
                graph.add_submodule(user.target, changed)
            elif user.op == "call_function":
                user.kwargs = {**user.kwargs, **({"inplace": False} if "inplace" in user.kwargs else {})}
                user.target = _OUT_OF_PLACE.get(user.target, user.target)  # type: ignore[arg-type, assignment]
            elif user.op == "call_method" and str(user.target).endswith("_") and not str(user.target).endswith("__"):
                user.target = str(user.target).rstrip("_")


def _readers(graph: fx.GraphModule, node: fx.Node) -> list[fx.Node]:
    """Nodes that read the memory of `node`, also through modules that pass their input on in eval mode."""
    readers: list[fx.Node] = []
    for user in node.users:
        readers.append(user)
        if isinstance(module_of(graph, user), (nn.Identity, nn.Dropout, nn.Dropout2d)):
            readers.extend(_readers(graph, user))
    return readers


def make_leaky(graph: fx.GraphModule, negative_slope: float) -> None:
    """Put a leaky ReLU in the place of every ReLU, so that a unit that is off still has a gradient."""
    replace_relu(graph, F.leaky_relu, negative_slope)


def replace_relu(graph: fx.GraphModule, function: Callable[..., Tensor], *extra: float) -> None:
    """Put `function(x, *extra)` in the place of every ReLU, be it a module, a function or a method, in place or not."""
    for node in graph.graph.nodes:
        if is_relu(graph, node):
            node.op, node.target = "call_function", function
            node.args, node.kwargs = (node.args[0], *extra), {}
