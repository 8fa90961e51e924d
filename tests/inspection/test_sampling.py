from __future__ import annotations

from collections import Counter

import pytest

from dreamer.inspection.sampling import evenly_sampled, evenly_spaced


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ((10, 10, 10), 6, (2, 2, 2)),
        ((1, 10, 10), 7, (1, 3, 3)),
        ((10, 1, 3), 100, (10, 1, 3)),
        ((2, 2, 2), 5, (1, 2, 2)),
        ((5, 5, 5, 5), 2, (0, 1, 0, 1)),
        ((30,), 4, (4,)),
    ],
)
def test_folders_give_as_many_as_each_other_can(sizes: tuple[int, ...], count: int, expected: tuple[int, ...]) -> None:
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    chosen = evenly_sampled(groups, count)
    assert chosen == sorted(set(chosen))
    counts = Counter(groups[number] for number in chosen)
    assert tuple(counts[group] for group in range(len(sizes))) == expected


def test_members_are_spread_over_their_group() -> None:
    assert evenly_spaced(range(100), 4) == [12, 37, 62, 87]
    assert evenly_sampled(["a"] * 9, 3) == [1, 4, 7]
