"""Random numbers as a function of position, never of history, so that a resumed render equals an uninterrupted one."""

from __future__ import annotations

import hashlib

import torch


def generator_at(*position: int | str) -> torch.Generator:
    """A CPU generator for a position such as (seed, frame, octave, step)."""
    digest = hashlib.sha256(repr(position).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
