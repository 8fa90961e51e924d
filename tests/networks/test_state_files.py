from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path

import numpy as np
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


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("number", [np.float64(56.75), np.float32(1.5), np.int64(90), np.bool_(True)])
def test_numbers_of_numpy_beside_the_weights_are_no_hindrance(number: np.generic, zipped: bool, tmp_path: Path) -> None:
    weights = {"features.module.0.weight": torch.ones(2), "module.classifier.1.bias": torch.zeros(3)}
    content = {"epoch": 90, "arch": "alexnet", "best_prec1": number, "state_dict": weights}
    torch.save(content, tmp_path / "w.pth.tar", _use_new_zipfile_serialization=zipped)
    assert set(read_state(tmp_path / "w.pth.tar")) == {"features.0.weight", "classifier.1.bias"}


def test_a_number_that_python_2_wrote_is_no_hindrance(tmp_path: Path) -> None:
    """Python 2 pickled the bytes of NumPy's numbers as text, and knew NumPy's modules by their old names."""
    torch.save(
        {"best": 56.75, "state_dict": {"a": torch.ones(2)}}, tmp_path / "w.pth", _use_new_zipfile_serialization=False
    )
    plain = b"G" + struct.pack(">d", 56.75)
    dtype = b"cnumpy\ndtype\n(U\x02f8K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    old = b"cnumpy.core.multiarray\nscalar\n(" + dtype + b"U\x08" + struct.pack("<d", -56.7512345) + b"tR"
    data = (tmp_path / "w.pth").read_bytes()
    assert data.count(plain) == 1
    (tmp_path / "w.pth").write_bytes(data.replace(plain, old))
    assert torch.equal(read_state(tmp_path / "w.pth")["a"], torch.ones(2, device="cpu"))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_module_is_refused_with_its_name_and_a_remedy(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "whole.pth"
    torch.save(torch.nn.Linear(2, 2), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match=r"holds a Python object, torch\.nn\.modules\.linear\.Linear") as refusal:
        read_state(path)
    assert refusal.value.remedy and "torch.save(" in refusal.value.remedy and "whole.pth" in refusal.value.remedy
