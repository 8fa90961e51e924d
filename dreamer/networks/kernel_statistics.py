"""Measuring what each kernel wants: its activation over photographs of known classes, by class, color and fineness."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.networks.descriptions import MIN_LIFT, KernelDescription, NetworkDescription
from dreamer.networks.network import Network

BATCH = 32
MAX_CLASSES = 6
# A kernel has a color where what excites it differs from the photographs' mean by at least this, in [0, 1].
COLORED = 0.03
# Photographs of a class by which its lift is halved, as little is known from few.
FEW = 10
_HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "violet")
_HUE_ENDS = (15, 42, 70, 165, 200, 262, 335)  # degrees


def described_layers(network: Network) -> list[str]:
    """The layers that are worth describing: blocks rather than what is inside them."""
    spatial = [shape.name for shape in network.describe(512, 512) if shape.height > 1]
    for depth in range(3):
        chosen = [name for name in spatial if name.count(".") == depth]
        if len(chosen) >= 4:
            return chosen
    return spatial


def describe_kernels(
    network: Network,
    pixels: Tensor,
    labels: Tensor,
    classes: Sequence[str],
    *,
    layers: Sequence[str] | None = None,
    report: Callable[[int, int], None] = lambda done, count: None,
) -> NetworkDescription:
    """Describe kernels by their activations on photographs (N, 3, S, S) uint8 of `classes` by `labels` (N,).

    `layers`: those of `described_layers`, where none are given.

    A class excites a kernel by its lift: how far its mean activation on the class lies above that on all photographs,
    in standard deviations over all. The color is the mean color under the kernel's activation against that of the
    whole photographs, the grain the band of detail that is strongest under it. `report(done, count)`
    is called after every batch.
    """
    chosen = list(layers or described_layers(network))
    cut = network.cut(chosen)
    strengths: dict[str, list[Tensor]] = {layer: [] for layer in chosen}
    looks = {layer: torch.zeros(network.kernels(layer), 3 + 3, dtype=torch.float64) for layer in chosen}
    plain = torch.zeros(3 + 3, dtype=torch.float64)
    for first in range(0, len(pixels), BATCH):
        image = pixels[first : first + BATCH].to(network.device).float() / 255
        features = torch.cat([image, _grains(image)], 1)
        plain += features.mean((2, 3)).sum(0).double().cpu()
        with torch.no_grad():
            activations = cut(image)
        for layer, activation in activations.items():
            positive = activation.float().clamp_min(0)
            strengths[layer].append(positive.mean((2, 3)).cpu())
            small = F.adaptive_avg_pool2d(features, (positive.shape[2], positive.shape[3]))
            share = positive / positive.sum((2, 3), keepdim=True).clamp_min(1e-9)
            looks[layer] += torch.einsum("bchw,bfhw->cf", share, small).double().cpu()
        report(min(first + BATCH, len(pixels)), len(pixels))
    described = {}
    for layer in chosen:
        strength = torch.cat(strengths[layer])
        look = looks[layer] / len(pixels) - plain / len(pixels)
        described[layer] = tuple(_described(layer, strength, labels, len(classes), look))
    return NetworkDescription(network.weights_digest, tuple(classes), described)


def _grains(image: Tensor) -> Tensor:
    """(B, 3, H, W) to (B, 3, H, W): the strength of fine, medium and coarse detail around each pixel."""
    gray = image.mean(1, keepdim=True)
    levels = [gray]
    for _ in range(3):
        levels.append(F.avg_pool2d(levels[-1], 2, ceil_mode=True, count_include_pad=False))
    bands = []
    for fine, coarse in pairwise(levels):
        band = (fine - F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear")).abs()
        bands.append(F.interpolate(band, size=image.shape[-2:], mode="bilinear"))
    return torch.cat(bands, 1)


def _described(layer: str, strength: Tensor, labels: Tensor, classes: int, look: Tensor) -> list[KernelDescription]:
    """`strength` (N, C), `labels` (N,), `look` (C, 6): red, green, blue and three bands, against the mean."""
    mean, std = strength.mean(0), strength.std(0).clamp_min(1e-9)
    members = F.one_hot(labels.cpu(), classes).float()
    counts = members.sum(0).clamp_min(1)
    lifts = (((members.T @ strength) / counts[:, None] - mean) / std).T
    lifts = lifts * (members.sum(0) / (members.sum(0) + FEW))
    # Which detail a kernel sees more of than its layer does as a whole.
    bands = (look[:, 3:] - look[:, 3:].mean(0)) / look[:, 3:].std(0).clamp_min(1e-12)
    described_kernels = []
    for kernel in range(strength.shape[1]):
        top = lifts[kernel].topk(min(MAX_CLASSES, classes))
        pairs = tuple((int(i), round(float(v), 2)) for v, i in zip(*top, strict=True) if v > MIN_LIFT)
        grain = ("fine", "medium", "coarse")[int(bands[kernel].argmax())]
        color = color_name(*look[kernel, :3].tolist())
        described_kernels.append(KernelDescription(
            layer, kernel, _rounded(mean[kernel]), _rounded(std[kernel]), pairs, color, grain
        ))  # fmt: skip
    return described_kernels


def _rounded(value: Tensor) -> float:
    return float(f"{float(value):.4g}")


def color_name(red: float, green: float, blue: float) -> str:
    """The name of a difference of colors, each in [-1, 1]: a hue, bright, dark, or nothing where it is small."""
    middle = (red + green + blue) / 3
    values = [red - middle, green - middle, blue - middle]
    chroma = max(values) - min(values)
    if max(chroma, abs(middle)) < COLORED:
        return ""
    if chroma < abs(middle) * 0.6:
        return "bright" if middle > 0 else "dark"
    hue = math.degrees(math.atan2(math.sqrt(3) * (values[1] - values[2]), 2 * values[0] - values[1] - values[2])) % 360
    return next((name for name, end in zip(_HUES, _HUE_ENDS, strict=True) if hue < end), "red")
