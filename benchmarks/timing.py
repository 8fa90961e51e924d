"""Time several ways of doing one thing in turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def interleaved(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Wall seconds of each way in each of `rounds` rounds, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if number:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def table(title: str, seconds: Mapping[str, list[float]]) -> str:
    """Median seconds of each way, and the median of its ratio to the first way, round by round."""
    first = next(iter(seconds.values()))
    lines = [title, f"{'':44}{'median s':>10}{'ratio':>8}"]
    for name, own in seconds.items():
        ratio = statistics.median(mine / base for mine, base in zip(own, first, strict=True))
        lines.append(f"{name:44}{statistics.median(own):10.3f}{ratio:8.3f}")
    return "\n".join(lines)
