from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch

from dreamer.errors import WeightsError
from dreamer.networks.state_files import read_state


class Malicious:
    """Makes a file at `path` when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_in_a_file_is_executed(zipped: bool, tmp_path: Path) -> None:
    harm, path = tmp_path / "harm", tmp_path / "evil.pth"
    torch.save({"a": Malicious(harm)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="safely"):
        read_state(path)
    assert not harm.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_short_anywhere_is_refused(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"a": torch.zeros(3, 4), "b": torch.arange(5)}, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    for length in range(0, len(data) - 1, 37):
        path.write_bytes(data[:length])
        with pytest.raises(WeightsError):
            read_state(path)


def test_files_that_hold_no_weights_are_refused(tmp_path: Path) -> None:
    for name, content in (
        ("empty.pth", b""),
        ("text.pth", b"no weights at all"),
        ("evil.pth", pickle.dumps(Malicious(tmp_path / "harm"), protocol=2)),
        ("text.safetensors", b"not a safetensors file"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError, match=name):
            read_state(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pth")
    for bad in (tmp_path / "list.pth", tmp_path / "absent.pth", tmp_path / "absent.safetensors", tmp_path):
        with pytest.raises(WeightsError):
            read_state(bad)
