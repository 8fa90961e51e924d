"""Rendered frames on disk, and where a film goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dreamer.dreaming.statistics import PictureStatistics
from dreamer.errors import OutputError
from dreamer.film.frame_facts import FrameFacts
from dreamer.film.store import Checkpoint, Frame, FrameStore


def point(number: int) -> Checkpoint:
    picture = torch.full((1, 3, 4, 4), number / 10)
    return Checkpoint(number, picture, PictureStatistics(0.5, 0.1, 0.2, 0.3, (0.1, 0.2)))


def test_the_store_gives_back_what_it_was_given(tmp_path: Path) -> None:
    with FrameStore(tmp_path / "f", FrameFacts(key="key")) as store:
        assert store.checkpoint(torch.device("cpu")) is None
        for number in range(3):
            store.write(Frame(number, point(number).picture, point(number)))
        assert np.array_equal(store.read(2), np.full((4, 4, 3), 51, np.uint8))
    with FrameStore(tmp_path / "f", FrameFacts(key="key")) as store:
        checkpoint = store.checkpoint(torch.device("cpu"))
        assert checkpoint is not None
        assert (checkpoint.number, checkpoint.reference) == (2, point(2).reference)
        assert torch.equal(checkpoint.picture, point(2).picture)


@pytest.mark.parametrize("damage", ["other key", "truncated state", "missing frame"])
def test_what_does_not_fit_is_started_over(damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    with FrameStore(folder, FrameFacts(key="key")) as store:
        store.write(Frame(0, point(0).picture, point(0)))
    if damage == "truncated state":
        state = folder / "state.safetensors"
        state.write_bytes(state.read_bytes()[:40])
    if damage == "missing frame":
        (folder / "000000.png").unlink()
    with FrameStore(folder, FrameFacts(key="other" if damage == "other key" else "key")) as store:
        assert store.checkpoint(torch.device("cpu")) is None
        assert damage != "other key" or not (folder / "000000.png").exists()


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a file")
    with pytest.raises(OutputError, match="frames cannot be stored"), FrameStore(tmp_path / "f", FrameFacts(key="key")):
        pass


def test_a_damaged_frame_names_the_remedy(tmp_path: Path) -> None:
    with FrameStore(tmp_path / "f", FrameFacts(key="key")) as store:
        store.write(Frame(0, point(0).picture, point(0)))
        store.flush()
        store.path(0).write_bytes(b"no picture")
        with pytest.raises(OutputError, match="rendered again"):
            store.read(0)
