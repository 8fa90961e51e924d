"""How little it takes to make a network say something else, and whether it looks at texture or at shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.inspection.scoring import probabilities
from dreamer.networks import LOGITS, Network

Method = Literal["fgsm", "pgd"]
LARGEST = 0.25
DOUBLINGS = 8
STEPS = 20


@dataclass(frozen=True)
class Fooled:
    """`picture`: (1, 3, H, W) in [0, 1], in which the network sees the wanted class. `size`: largest change of a value.

    `l2`: Euclidean length of the change, in [0, 1] pixels. `succeeded`: whether the class was reached at all.
    """

    picture: Tensor
    size: float
    l2: float
    succeeded: bool


def fool(network: Network, photo: Tensor, index: int, *, method: Method = "pgd", halvings: int = 5) -> Fooled:
    """The smallest change of (1, 3, H, W) found that makes class `index` the predicted one.

    fgsm: one step along the gradient's sign (Goodfellow, Shlens & Szegedy 2015); pgd: many, each back into the box
    (Madry et al. 2018). The box's half width is doubled up to 0.25 until it works, and bisected `halvings` times below
    that; what is returned is the smallest that worked, or the largest where none did.
    """
    attack = _one_step if method == "fgsm" else _projected
    low, high, best = 0.0, LARGEST / 2**DOUBLINGS, photo
    succeeded = _says(network, photo, index)
    # From small to large, since one large step may lead past what a smaller one reaches.
    while not succeeded and high <= LARGEST:
        best = attack(network, photo, index, high)
        succeeded = _says(network, best, index)
        if not succeeded:
            low, high = high, 2 * high
    for _ in range(halvings if succeeded and high > low else 0):
        middle = (low + high) / 2
        found = attack(network, photo, index, middle)
        if _says(network, found, index):
            best, high = found, middle
        else:
            low = middle
    change = best - photo
    return Fooled(best, float(change.abs().max()), float(change.norm()), succeeded)


def _says(network: Network, photo: Tensor, index: int) -> bool:
    return int(probabilities(network, photo)[0].argmax()) == index


def _gradient(network: Network, photo: Tensor, index: int) -> Tensor:
    leaf = photo.detach().clone().requires_grad_(True)
    score = F.log_softmax(network.cut([LOGITS])(leaf)[LOGITS].float(), 1)[:, index].sum()
    (gradient,) = torch.autograd.grad(score, leaf)
    return gradient


def _one_step(network: Network, photo: Tensor, index: int, size: float) -> Tensor:
    return (photo + size * _gradient(network, photo, index).sign()).clamp(0, 1)


def _projected(network: Network, photo: Tensor, index: int, size: float) -> Tensor:
    picture = photo
    for _ in range(STEPS):
        moved = picture + size / 5 * _gradient(network, picture, index).sign()
        picture = torch.minimum(torch.maximum(moved, photo - size), photo + size).clamp(0, 1)
        if _says(network, picture, index):
            break
    return picture
