"""Ways to fool a network by name, each with random changes of its size to compare it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from dreamer.inspection.attack_goals import AdversarialExample, Control
from dreamer.inspection.fooling import Method, fool, noise_control
from dreamer.inspection.pixel_attack import fool_by_pixels, pixel_control
from dreamer.networks import Network


@dataclass(frozen=True)
class Attack:
    """What a method found, and what random changes of the same size do."""

    method: str
    example: AdversarialExample
    control: Control


def attack(
    network: Network, photo: Tensor, index: int | None, method: str, *, pixels: int = 1, seed: int = 0
) -> Attack:
    """Make (1, 3, H, W) in [0, 1] be class `index`, or any other than now, by a method of `METHODS`.

    `pixels`: how many the method "pixels" changes. Raises ToolError where SciPy is missing for it.
    """
    return Attack(method, *METHODS[method](network, photo, index, pixels, seed))


def _by_gradient(method: Method) -> _Method:
    def run(
        network: Network, photo: Tensor, index: int | None, pixels: int, seed: int
    ) -> tuple[AdversarialExample, Control]:
        example = fool(network, photo, index, method=method)
        return example, noise_control(network, photo, index, example.size, seed=seed)

    return run


def _by_pixels(
    network: Network, photo: Tensor, index: int | None, pixels: int, seed: int
) -> tuple[AdversarialExample, Control]:
    example = fool_by_pixels(network, photo, index, count=pixels, seed=seed)
    return example, pixel_control(network, photo, index, count=pixels, seed=seed)


_Method = Callable[[Network, Tensor, int | None, int, int], tuple[AdversarialExample, Control]]
METHODS: Mapping[str, _Method] = {"pgd": _by_gradient("pgd"), "fgsm": _by_gradient("fgsm"), "pixels": _by_pixels}
