from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import torch

from dreamer.errors import NoInputError, TrainingError
from dreamer.networks.training import Photographs, read_photographs
from dreamer.networks.training.photographs import is_held_out

from .conftest import drawing


def test_photographs_of_folders_and_tars_are_read(photographs: Photographs, sources: list[Path]) -> None:
    assert photographs.classes == ("disc", "line", "square")
    assert photographs.pixels.shape == (110, 3, 36, 36)
    assert torch.bincount(photographs.labels).tolist() == [40, 30, 40]
    assert [Path(place).name for place in photographs.skipped] == ["broken.jpg"]
    data = [path.read_bytes() for path in sorted((sources[0] / "disc").glob("[0-9]*.jpg"))]
    assert int(photographs.held_out[:40].sum()) == sum(map(is_held_out, data))


def test_about_a_tenth_is_held_out() -> None:
    share = sum(is_held_out(str(number).encode()) for number in range(4000)) / 4000
    assert 0.08 < share < 0.12


def test_photographs_are_renumbered_for_a_network_that_knows_more(photographs: Photographs) -> None:
    known = ("star", "square", "line", "disc")
    renumbered = photographs.renumbered(known)
    assert [known[n] for n in renumbered.labels] == [photographs.classes[n] for n in photographs.labels]
    with pytest.raises(TrainingError, match="no class 'line'") as caught:
        photographs.renumbered(("disc", "square", "lines"))
    assert "lines" in str(caught.value.remedy)


def test_too_little_to_learn_from_is_an_error(sources: list[Path], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="only the class 'line'"):
        read_photographs([sources[1]])
    with pytest.raises(NoInputError, match="absent"):
        read_photographs([tmp_path / "absent"])
    (tmp_path / "no.tar").write_bytes(b"no tar file")
    with pytest.raises(TrainingError, match=r"no\.tar"):
        read_photographs([tmp_path / "no.tar"])


def tar_of(names: list[str]) -> bytes:
    """A compressed tar with a drawing under each name."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for number, name in enumerate(names):
            data = drawing("disc", number)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def test_a_tar_cut_short_is_an_error_and_pictures_without_a_class_are_not_read(tmp_path: Path) -> None:
    data = tar_of(["a/1.jpg", "b/1.jpg", "cover.jpg", "a/notes.txt"])
    (tmp_path / "whole.tar.gz").write_bytes(data)
    photographs = read_photographs([tmp_path / "whole.tar.gz"], side=32)
    assert photographs.classes == ("a", "b") and len(photographs.labels) == 2
    (tmp_path / "short.tar.gz").write_bytes(data[: len(data) // 2])
    with pytest.raises(TrainingError, match=r"short\.tar\.gz: not a readable tar"):
        read_photographs([tmp_path / "short.tar.gz"], side=32)
