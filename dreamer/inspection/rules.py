"""Other backward passes through a ReLU: how guided backpropagation and the deconvnet differ from the gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.networks.cut import Cut

# Nonlinearities for which these rules are not defined.
_FOREIGN = {
    "SiLU", "Hardswish", "Hardsigmoid", "GELU", "Sigmoid", "LeakyReLU", "ReLU6", "LayerNorm2d",
    "hardswish", "silu", "gelu", "sigmoid", "leaky_relu",
}  # fmt: skip


def refuse_foreign(cut: Cut, name: str, method: str) -> None:
    """Raise TargetError where a network has other nonlinearities than ReLU, which would keep their own gradient."""
    if foreign := sorted(cut.operations & _FOREIGN):
        raise TargetError(
            f"{name} has {', '.join(foreign)}, but {method} is defined for ReLU only",
            remedy="Use another method of `dreamer inspect saliency`, or a network such as pocket, googlenet or vgg16.",
        )


class _Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp_min(0)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x: Tensor = ctx.saved_tensors[0]
        return gradient.clamp_min(0) * (x > 0)


class _Deconvolved(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clamp_min(0)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient.clamp_min(0)


def guided_relu(x: Tensor) -> Tensor:
    """ReLU whose backward pass keeps only what is positive, and only where the unit was active.

    Springenberg et al. 2015, "Striving for simplicity: the all convolutional net", section 3.4.
    """
    result: Tensor = _Guided.apply(x)
    return result


def deconvnet_relu(x: Tensor) -> Tensor:
    """ReLU whose backward pass is a ReLU, too, whether the unit was active or not: the deconvnet's rectification.

    Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 2.1.
    """
    result: Tensor = _Deconvolved.apply(x)
    return result
