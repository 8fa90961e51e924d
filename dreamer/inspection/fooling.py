"""Adversarial examples: the smallest change that fools a network; and whether it classifies by texture or by shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.inspection.portraits import restyle
from dreamer.inspection.scoring import probabilities
from dreamer.networks import LOGITS, Network

Method = Literal["fgsm", "pgd"]
LARGEST = 0.25
DOUBLINGS = 8
STEPS = 20


@dataclass(frozen=True)
class AdversarialExample:
    """`picture`: (1, 3, H, W) in [0, 1], classified as wanted where it `succeeded`. `size`: largest change of a value.

    `l2`: Euclidean length of the change, in [0, 1] pixels.
    """

    picture: Tensor
    size: float
    l2: float
    succeeded: bool


def fool(
    network: Network, photo: Tensor, index: int, *, method: Method = "pgd", halvings: int = 5
) -> AdversarialExample:
    """The smallest change of (1, 3, H, W) found that makes class `index` the predicted one.

    fgsm: one step along the gradient's sign (Goodfellow, Shlens & Szegedy 2015); pgd: many, each back into the box
    (Madry et al. 2018). The box's half width is doubled up to 0.25 until it works, and bisected `halvings` times below
    that; returns the smallest change that worked, or the largest where none did.
    """
    attack = _one_step if method == "fgsm" else _projected
    low, high, best = 0.0, LARGEST / 2**DOUBLINGS, photo
    succeeded = _is_classified(network, photo, index)
    # From small to large, since one large step may lead past what a smaller one reaches.
    while not succeeded and high <= LARGEST:
        best = attack(network, photo, index, high)
        succeeded = _is_classified(network, best, index)
        if not succeeded:
            low, high = high, 2 * high
    for _ in range(halvings if succeeded and high > low else 0):
        middle = (low + high) / 2
        attempt = attack(network, photo, index, middle)
        if _is_classified(network, attempt, index):
            best, high = attempt, middle
        else:
            low = middle
    change = best - photo
    return AdversarialExample(best, float(change.abs().max()), float(change.norm()), succeeded)


def _is_classified(network: Network, photo: Tensor, index: int) -> bool:
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
        if _is_classified(network, picture, index):
            break
    return picture


@dataclass(frozen=True)
class CueConflict:
    """A photo with the texture of another picture. `restyled`: (1, 3, H, W) in [0, 1].

    `shape_class` is that of the photo, `texture_class` that of the style, `predicted_class` that of both together;
    with the probabilities of the first two in `restyled`.
    """

    restyled: Tensor
    shape_class: int
    texture_class: int
    predicted_class: int
    shape_probability: float
    texture_probability: float


def cue_conflict(
    network: Network, photo: Tensor, style: str, style_photo: Tensor, *, size: int | None = None
) -> CueConflict:
    """Give (1, 3, H, W) in [0, 1] the texture of the picture at `style`, and see whether shape or texture wins.

    `style_photo`: that picture, (1, 3, h, w), for its class. `size`: longest side of the restyled photo in px.
    Geirhos et al. 2019, "ImageNet-trained CNNs are biased towards texture".
    """
    restyled = restyle(network, photo, style, size=size)
    shape, texture = (int(probabilities(network, image)[0].argmax()) for image in (photo, style_photo))
    after = probabilities(network, restyled)[0]
    return CueConflict(restyled, shape, texture, int(after.argmax()), float(after[shape]), float(after[texture]))
