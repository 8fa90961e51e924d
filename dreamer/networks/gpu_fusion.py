"""What a network does on CUDA in fewer passes over memory: convolution, bias and ReLU as one, and small poolings.

Convolutions of dreams are short: on an H100 the separate bias and ReLU of VGG16 took half as long as its convolutions.
"""

from __future__ import annotations

import copy
import logging
import subprocess
from functools import lru_cache
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.autograd.function import once_differentiable

from dreamer.networks.folding import is_relu, module_of

_log = logging.getLogger(__name__)
LARGEST_WINDOW = 16  # side; a byte holds the place of a value in it
# Indices into tensors are 32 bits wide in the kernels.
MOST_VALUES = 1 << 31


def fuse_for_cuda(graph: fx.GraphModule, *, pools: bool) -> None:
    """Join each convolution with the ReLU that alone reads it, and, with `pools`, let max poolings keep small indices.

    The same values but for rounding: bias and ReLU are taken before the sum is rounded to the network's precision.
    The network is compiled anew; its layers keep their nodes.
    """
    for node in list(graph.graph.nodes):
        before = node.args[0] if node.args else None
        conv = module_of(graph, before) if isinstance(before, fx.Node) else None
        if is_relu(graph, node) and isinstance(before, fx.Node) and _is_plain(conv) and len(before.users) == 1:
            name = f"{before.name}_relu"
            graph.add_submodule(name, _turned_into(ConvReLU, conv))
            node.op, node.target, node.args, node.kwargs = "call_module", name, (before.args[0],), {}
            graph.graph.erase_node(before)
        pool = module_of(graph, node)
        if pools and type(pool) is nn.MaxPool2d and _is_square(pool):
            graph.set_submodule(str(node.target), _turned_into(IndexedMaxPool, pool))
    graph.delete_all_unused_submodules()
    graph.recompile()


@lru_cache
def own_pooling_works(device: torch.device) -> bool:
    """Whether the kernels of pooling can be compiled here and give what torch's give; else torch's are used.

    They need Triton, which torch brings along on Linux, and a C compiler.
    """
    try:
        from triton.errors import TritonError
    except ImportError as error:
        _log.debug("no own kernels for pooling: %s", error)
        return False
    x = torch.rand(1, 8, 13, 10, generator=torch.Generator().manual_seed(0)).to(device, torch.bfloat16)
    leaf = x.requires_grad_(True)
    try:
        ways = (_IndexedPooling.apply(leaf, 3, 2, 0, True), F.max_pool2d(leaf, 3, 2, ceil_mode=True))
        gradients = [torch.autograd.grad(way.float().square().sum(), leaf)[0] for way in ways]
    except (TritonError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        _log.debug("no own kernels for pooling: %s", error)
        return False
    return torch.equal(ways[0], ways[1]) and torch.allclose(gradients[0], gradients[1], rtol=1e-2)


def _turned_into(kind: type[nn.Module], module: nn.Module | None) -> nn.Module:
    """A module of a kind that adds nothing but its forward pass, with the weights and settings of the one given."""
    same = copy.copy(cast(nn.Module, module))
    same.__class__ = kind
    return same


def _is_plain(conv: nn.Module | None) -> bool:
    """Whether it is a convolution that pads by zeros, if at all, and has a bias."""
    if type(conv) is not nn.Conv2d:
        return False
    return conv.bias is not None and conv.padding_mode == "zeros" and not isinstance(conv.padding, str)


def _is_square(pool: nn.MaxPool2d) -> bool:
    numbers = pool.kernel_size, pool.stride, pool.padding
    plain = all(isinstance(number, int) for number in numbers) and pool.dilation == 1 and not pool.return_indices
    return plain and cast(int, pool.kernel_size) <= LARGEST_WINDOW


class ConvReLU(nn.Conv2d):
    """A convolution with bias and the ReLU of it; one cuDNN kernel on CUDA. Weights get no gradient."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, K, h, w), not below 0."""
        if not x.is_cuda:
            return F.relu(super().forward(x))
        settings = self.stride, self.padding, self.dilation, self.groups
        return cast(Tensor, _ConvReLU.apply(x, self.weight, self.bias, settings))


class _ConvReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, settings: tuple[Any, Any, Any, int]) -> Tensor:
        result = torch.cudnn_convolution_relu(x, weight, bias, *settings)
        ctx.save_for_backward(x, weight, result)
        ctx.settings = settings
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        x, weight, result = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.settings
        positive = torch.ops.aten.threshold_backward(gradient, result, 0)
        by_input = torch.ops.aten.convolution_backward(
            positive, x, weight, None, stride, padding, dilation, False, [0, 0], groups, (True, False, False)
        )[0]
        return by_input, None, None, None


class IndexedMaxPool(nn.MaxPool2d):
    """Max pooling that keeps a byte for each maximum, where torch keeps eight; own kernels on CUDA."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, h, w)."""
        if not x.is_cuda or x.numel() >= MOST_VALUES:
            return cast(Tensor, super().forward(x))
        size, stride, padding = (cast(int, number) for number in (self.kernel_size, self.stride, self.padding))
        return cast(Tensor, _IndexedPooling.apply(x, size, stride, padding, self.ceil_mode))


class _IndexedPooling(torch.autograd.Function):
    """`max_pool2d` of (B, C, H, W), which is taken channels-last."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, size: int, stride: int, padding: int, ceil: bool) -> Tensor:
        from dreamer.networks.pooling_kernels import pooled

        x = x.contiguous(memory_format=torch.channels_last)
        result, places = pooled(x, size, stride, padding, ceil)
        ctx.save_for_backward(places)
        ctx.settings = size, stride, padding, x.shape[2:]
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        from dreamer.networks.pooling_kernels import unpooled

        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return unpooled(gradient, ctx.saved_tensors[0], *ctx.settings), None, None, None, None
