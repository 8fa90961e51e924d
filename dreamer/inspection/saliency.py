"""Several attribution methods side by side, and whether they depend on what the network has learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

from dreamer.errors import TargetError
from dreamer.inspection.attribution import METHODS, attribute, rank_correlation, saliency_map
from dreamer.inspection.scoring import TargetScore

# The methods that are defined for networks with no nonlinearity but ReLU.
GUIDED = ("guided", "guided-grad-cam")


@dataclass(frozen=True)
class Attributions:
    """`maps`: (1, C, H, W) by method. `left_out`: why other methods do not apply to the network."""

    maps: dict[str, Tensor]
    left_out: dict[str, TargetError] = field(default_factory=dict)


@dataclass(frozen=True)
class SanityCheck:
    """A method's attribution (1, C, H, W) with random weights, and its rank correlation with that of learned ones."""

    attribution: Tensor
    correlation: float


def attributions(
    score: TargetScore,
    photo: Tensor,
    methods: Sequence[str] = (),
    *,
    samples: int = 24,
    layer: str | None = None,
) -> Attributions:
    """The attributions of (1, 3, H, W) in [0, 1] by `methods`, or by all that apply to the network.

    Raises TargetError where one of `methods` does not apply, and for a layer that Grad-CAM cannot use.
    """
    maps: dict[str, Tensor] = {}
    left_out: dict[str, TargetError] = {}
    for method in methods or METHODS:
        try:
            maps[method] = attribute(method, score, photo, samples=samples, layer=layer)
        except TargetError as error:
            if methods or method not in GUIDED:
                raise
            left_out[method] = error
    return Attributions(maps, left_out)


def sanity_checks(
    learned: Attributions, random_score: TargetScore, photo: Tensor, *, samples: int = 24, layer: str | None = None
) -> dict[str, SanityCheck]:
    """Each method's attribution by the score of the same network with random weights, against the learned one.

    A method whose map hardly changes shows the photo's edges rather than what was learned.
    Adebayo et al. 2018, "Sanity checks for saliency maps".
    """
    checks = {}
    for method, own in learned.maps.items():
        random = attribute(method, random_score, photo, samples=samples, layer=layer)
        correlation = rank_correlation(saliency_map(own), saliency_map(random))
        checks[method] = SanityCheck(random, round(correlation, 3))
    return checks
