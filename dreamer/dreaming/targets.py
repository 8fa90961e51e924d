"""Targets as functions of a network's activations: what a dream ascends.

A bound target names the layers that it needs and scores their activations: (B,) float32, higher is better. Scores are
means over positions, so that a target's natural size does not grow with the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.dreaming.bound_targets import (
    LOGITS,
    Activations,
    BoundTarget,
    Window,
    layers_of,
    summed,
    with_longest_side,
)
from dreamer.dreaming.grid import region_part, unit_part
from dreamer.dreaming.picture_targets import bind_caricature, bind_guide, bind_style
from dreamer.dreaming.protocols import Network, kernel_out_of_range, require_kernels
from dreamer.errors import TargetError
from dreamer.presets.model.fields import strongest_count
from dreamer.presets.model.schema import Target

# Kinds of targets that the logits can have, which have no positions.
_ON_LOGITS = ("layer", "caricature")
STRENGTH_SIDE = 512


def bind_target(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    """Look up layers, kernels, classes and guide pictures of `target` for one octave.

    `pictures`: (1, 3, h, w) in [0, 1] by path. `start`: (B, 3, H, W), on which "strongest N" is decided.
    `octave_side`: longest side of the octave in px, to which style pictures are resized.
    Raises TargetError for what the network does not have.
    """
    if LOGITS in layers_of(target) and target.kind not in _ON_LOGITS:
        raise TargetError(
            f"{LOGITS!r} has no grid of positions, which {target.kind} needs",
            remedy="Name a class in place of the layer, or an earlier layer.",
        )
    return _BINDERS[target.kind](target, network, pictures, start, octave_side)


def bind_batch(
    targets: Sequence[Target], network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    """For each picture of a batch its own target, its weight included: scored as it would be alone."""
    bound = [
        bind_target(target, network, pictures, start[number : number + 1], octave_side)
        for number, target in enumerate(targets)
    ]

    def own(activations: Activations | None, number: int) -> Activations | None:
        if activations is None:
            return None
        return {layer: activation[number : number + 1] for layer, activation in activations.items()}

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        scores = [
            part.target.weight * part.score(own(activations, number) or {}, own(reference, number), window)
            for number, part in enumerate(bound)
        ]
        return torch.cat(scores)

    layers = tuple(dict.fromkeys(layer for part in bound for layer in part.layers))
    whole = targets[0].model_copy(update={"weight": 1.0})
    return BoundTarget(whole, layers, score, needs_reference=any(part.needs_reference for part in bound))


def strongest_kernels(network: Network, layer: str, start: Tensor, count: int) -> Tensor:
    """(B, count) kernels of `layer` with the largest mean activation on each of (B, 3, H, W), the strongest first."""
    cut = network.cut([layer])
    small = with_longest_side(start, min(STRENGTH_SIDE, max(start.shape[-2:])), cut.smallest)
    with torch.no_grad():
        strength = cut(small)[layer].float().mean((2, 3))
    return strength.topk(min(count, strength.shape[1]), dim=1).indices


def _energy(activation: Tensor) -> Tensor:
    return activation.float().square().flatten(1).mean(1) / 2


def _mean(activation: Tensor) -> Tensor:
    return activation.float().flatten(1).mean(1)


_MEASURES: dict[str, Callable[[Tensor], Tensor]] = {"energy": _energy, "mean": _mean}


Selection = Callable[[Tensor], Tensor]


def _kernel_selection(target: Target, layer: str, network: Network, start: Tensor) -> Selection:
    """A function that takes the target's kernels out of a layer's activation, (B, C, h, w) to (B, N, h, w)."""
    if target.kernels is None:
        return lambda activation: activation
    count = strongest_count(target.kernels)
    if count is not None:
        own = strongest_kernels(network, layer, start, count)
        rows = torch.arange(len(own), device=own.device).unsqueeze(1)
        return lambda activation: activation[rows, own]
    words = target.kernels
    chosen = network.kernels_about(layer, words) if isinstance(words, str) else list(words)
    require_kernels(network, layer, chosen)
    # On the device once, where a list would be copied there at every step.
    numbers = torch.tensor(chosen, device=start.device)
    return lambda activation: activation.index_select(1, numbers)


def _bind_layer(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    measure = _MEASURES[target.measure or "energy"]
    kernels = {layer: _kernel_selection(target, layer, network, start) for layer in layers_of(target)}

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        return summed([measure(selected(activations[layer])) for layer, selected in kernels.items()])

    return BoundTarget(target, layers_of(target), score)


def _bind_unit(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    measure = _MEASURES[target.measure or "mean"]
    kernels = {layer: _kernel_selection(target, layer, network, start) for layer in layers_of(target)}

    def unit_score(layer: str, activation: Tensor, window: Window) -> Tensor:
        rows, columns = activation.shape[2:]
        part = (
            unit_part(target.position, window, rows, columns)
            if target.region is None
            else region_part(target.region, window, rows, columns)
        )
        if part is None:
            # The unit is not in this tile, but the gradient must exist.
            return activation[:, 0, 0, 0].float() * 0
        return measure(kernels[layer](activation[:, :, part.rows][..., part.columns])) * part.weight

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        return summed([unit_score(layer, activations[layer], window) for layer in kernels])

    return BoundTarget(target, layers_of(target), score)


def _bind_class(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    wanted = target.class_
    if wanted is None:
        raise TargetError("a class target names no class")
    index = network.class_index(wanted)

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        logits = activations[LOGITS].float()
        # The logarithm rises with the probability, but has a gradient where the probability is nearly 0.
        return (F.log_softmax(logits, 1) if target.measure == "probability" else logits)[:, index]

    return BoundTarget(target, (LOGITS,), score)


def _bind_direction(
    target: Target, network: Network, pictures: Mapping[str, Tensor], start: Tensor, octave_side: int
) -> BoundTarget:
    directions = {layer: _direction(target, layer, network).to(start.device) for layer in layers_of(target)}

    def score(activations: Activations, reference: Activations | None, window: Window) -> Tensor:
        scores = []
        for layer, direction in directions.items():
            cells = activations[layer].float()
            along = torch.einsum("bchw,c->bhw", cells, direction)
            cosine = along / (cells.norm(dim=1) + 1e-6)
            scores.append((along * cosine.clamp_min(0.1) ** 2).flatten(1).mean(1))
        return summed(scores)

    return BoundTarget(target, layers_of(target), score)


def _direction(target: Target, layer: str, network: Network) -> Tensor:
    """The target's direction at a layer, (C,), of length 1."""
    known, given = network.kernels(layer), target.direction
    if isinstance(given, dict):
        vector = torch.zeros(known)
        for kernel, value in given.items():
            if not kernel.isdecimal() or int(kernel) >= known:
                raise kernel_out_of_range(layer, kernel, known)
            vector[int(kernel)] = value
    else:
        vector = torch.tensor(given or ())
        if len(vector) != known:
            raise TargetError(
                f"direction has {len(vector)} numbers, but layer {layer!r} has {known} kernels",
                remedy="Give one number for each kernel, or a table such as { 12 = 1.0, 77 = -0.5 }.",
            )
    if not vector.any():
        raise TargetError("direction is zero everywhere")
    length: Tensor = torch.linalg.vector_norm(vector)
    return vector / length


_BINDERS: dict[str, Callable[[Target, Network, Mapping[str, Tensor], Tensor, int], BoundTarget]] = {
    "layer": _bind_layer,
    "kernels": _bind_layer,
    "unit": _bind_unit,
    "class": _bind_class,
    "direction": _bind_direction,
    "caricature": bind_caricature,
    "guide": bind_guide,
    "style": bind_style,
}
