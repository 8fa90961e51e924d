"""Round numbers for axes."""

from __future__ import annotations

import math


def round_step(about: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is not below `about`, which is positive."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= about * (1 - 1e-12))
