"""A part of many things that stands for all of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")


def evenly_sampled(groups: Sequence[Hashable], count: int) -> list[int]:
    """The numbers of at most `count` members, as many of each group as there can be, in order.

    `groups`: the group of each member. Groups that are too small give all that they have, and the others more; within a
    group members are evenly spaced, so that what lies at its beginning has no say over the rest.
    """
    members: dict[Hashable, list[int]] = {}
    for number, group in enumerate(groups):
        members.setdefault(group, []).append(number)
    parts = list(members.values())
    if count < len(parts):
        parts = evenly_spaced(parts, count)
    chosen: list[int] = []
    # From the smallest group on, so that what it leaves over is divided among the larger ones.
    for place, part in enumerate(sorted(parts, key=len)):
        share = (min(count, len(groups)) - len(chosen)) // (len(parts) - place)
        chosen += evenly_spaced(part, min(share, len(part)))
    return sorted(chosen)


def evenly_spaced(items: Sequence[T], count: int) -> list[T]:
    """`count` of the items, the middles of as many parts of equal length."""
    return [items[int((part + 0.5) * len(items) / count)] for part in range(count)]
