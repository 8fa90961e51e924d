"""How well a network tells the held-out photographs, and the worst that a small change can do."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dreamer.networks.training.augmentation import normalized
from dreamer.networks.training.photographs import Photographs


def evaluate(
    network: nn.Module, photographs: Photographs, side: int, device: torch.device
) -> tuple[float, float, dict[str, float]]:
    """Top-1 accuracy on the held-out photographs: clean, perturbed (L2 0.5), and clean for each class."""
    pixels, labels = photographs.pixels[photographs.held_out], photographs.labels[photographs.held_out]
    edge = (pixels.shape[-1] - side) // 2
    right, right_perturbed = [], []
    for first in range(0, len(pixels), 128):
        part = pixels[first : first + 128, :, edge : edge + side, edge : edge + side]
        image, label = part.float().to(device) / 255, labels[first : first + 128].to(device)
        image = image.contiguous(memory_format=torch.channels_last)
        size = torch.full((len(image),), 0.5, device=device)
        perturbed = worst_case(network, image, label, size, torch.zeros_like(image))
        with torch.no_grad(), autocast(device):
            right.append((network(normalized(image)).argmax(1) == label).cpu())
            right_perturbed.append((network(normalized(perturbed)).argmax(1) == label).cpu())
    hits = torch.cat(right).float()
    per_class = {
        name: float(hits[labels == i].mean()) for i, name in enumerate(photographs.classes) if (labels == i).any()
    }
    return float(hits.mean()), float(torch.cat(right_perturbed).float().mean()), per_class


def worst_case(network: nn.Module, image: Tensor, labels: Tensor, size: Tensor, noise: Tensor) -> Tensor:
    """Perturb (B, 3, H, W) pictures in [0, 1] by one gradient step that raises the loss, of L2 `size` (B,) each.

    The gradient is taken at a start moved along `noise` by half the size (Wong et al. 2020, "Fast is better than free",
    in L2). The network is not changed and no gradient of a weight is computed.
    """
    size = size.view(-1, 1, 1, 1)
    start = _unit(noise) * size / 2
    moved = (image + start).requires_grad_(True)
    with autocast(image.device):
        loss = F.cross_entropy(network(normalized(moved)), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, moved)
    step = start + _unit(gradient) * size
    shrink = (size / _lengths(step)).clamp(max=1)
    return (image + step * shrink).clamp(0, 1).detach()


def _lengths(x: Tensor) -> Tensor:
    """L2 length of each of (B, 3, H, W), as (B, 1, 1, 1)."""
    lengths: Tensor = torch.linalg.vector_norm(x.flatten(1), dim=1)
    return lengths.view(-1, 1, 1, 1).clamp_min(1e-12)


def _unit(x: Tensor) -> Tensor:
    return x / _lengths(x)


def autocast(device: torch.device) -> torch.autocast:
    """The precision in which networks are trained: bfloat16 where that is safe."""
    return torch.autocast(device.type, torch.bfloat16)
