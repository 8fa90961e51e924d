"""Beginning with a network that was trained before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dreamer.errors import UsageError
from dreamer.networks.pocket import Architecture, PocketNetwork
from dreamer.networks.weights import LoadedNetwork


def architecture_like(start: LoadedNetwork | None, **asked: Any) -> Architecture:
    """The architecture with the fields that are `asked` for; those that are None are as in `start`, or the default.

    Raises UsageError for a width whose layers would not fit the network to begin with.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    if start is None:
        return Architecture(**given)
    known = _pocket(start).architecture
    if given.get("width", known.width) != known.width:
        raise UsageError(
            f"does not fit the network to begin with, whose width is {known.width:g}",
            where=f"--width {given['width']:g}",
            remedy="Leave --width out, or train without --from.",
        )
    return replace(known, **given)


def take_over(network: PocketNetwork, classes: tuple[str, ...], start: LoadedNetwork) -> None:
    """Copy into `network` the weights of `start` that fit, and the classifier's rows of the classes that both know."""
    own, known = network.state_dict(), start.module.state_dict()
    for name, value in known.items():
        if name in own and own[name].shape == value.shape and not name.startswith("fc."):
            own[name].copy_(value)
    if known["fc.weight"].shape[1] != network.fc.in_features:
        return
    for row, name in enumerate(classes):
        if name in start.classes:
            own["fc.weight"][row] = known["fc.weight"][start.classes.index(name)]
            own["fc.bias"][row] = known["fc.bias"][start.classes.index(name)]


def _pocket(start: LoadedNetwork) -> PocketNetwork:
    if not isinstance(start.module, PocketNetwork):
        raise UsageError(f"{start.name} is not a pocket network", remedy="Begin with one that was trained here.")
    return start.module
