from __future__ import annotations

import errno
import os
import zlib
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from dreamer.cli import main
from dreamer.errors import DreamerError, OutputError, PictureError, TrainingError, WeightsError
from dreamer.film.frame_facts import FrameFacts
from dreamer.film.store import FrameStore
from dreamer.jobs.journal import Journal, JournalEntry
from dreamer.networks.descriptions import read_description
from dreamer.networks.state_files import read_safetensors
from dreamer.networks.training.run_state import read_state
from dreamer.pictures import read_picture, write_picture
from dreamer.recipes import read_own_recipe
from dreamer.refusals import ran_out_of_memory, refusal, refusals_told, system_error


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "Make room"), (errno.EACCES, "permissions"), (errno.EMFILE, "ulimit -n"), (errno.EIO, "the disk"),
     (errno.ELOOP, "Check the path")],
)  # fmt: skip
def test_a_refusal_names_file_reason_and_remedy(number: int, remedy: str) -> None:
    error = refusal(WeightsError, "cannot be read", OSError(number, os.strerror(number)), Path("a.pth"))
    assert str(error).startswith(f"a.pth: cannot be read: {os.strerror(number)}\n  ")
    assert remedy in (error.remedy or "") and error.refused and not WeightsError("is damaged").refused


@pytest.mark.parametrize(
    ("error", "ran_out"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9."), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (OSError("out of memory when reading image file"), True),
        (RuntimeError("shapes do not fit"), False),
        (OSError(errno.EIO, "out of memory.png"), False),
        (zlib.error("damaged"), False),
    ],
)  # fmt: skip
def test_memory_that_has_run_out_is_told_by_its_signs(error: Exception, ran_out: bool) -> None:
    assert ran_out_of_memory(error) is ran_out


def test_what_follows_from_memory_that_has_run_out_is_that_too() -> None:
    with pytest.raises(DreamerError, match="not enough memory"), refusals_told():
        try:
            raise MemoryError
        except MemoryError:
            raise RuntimeError("unexpected pos 210496 vs 210392")  # noqa: B904  # as torch does it


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="a mistake"), refusals_told():
        raise RuntimeError("a mistake")
    with pytest.raises(DreamerError, match=r"x\.png: cannot be used: No space left"), refusals_told():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x.png")


def test_torch_tells_the_system_s_number() -> None:
    assert system_error(RuntimeError("unable to open <a> in read-only mode: Too many open files (24)")).errno == 24
    assert system_error(RuntimeError("something else")).errno is None


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_no_memory_is_one_line_and_what_to_do(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("dreamer.cli.presets._print_list", fail)
    result = CliRunner().invoke(main, ["presets"], prog_name="dreamer")
    first, second = result.stderr.splitlines()
    assert (result.exit_code, first) == (1, "error: there is not enough memory") and second.startswith("  Close other")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can be opened any more."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("io.open", fail)
    monkeypatch.setattr("builtins.open", fail)


def test_what_is_refused_now_is_not_called_damaged(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A person who is told to delete it would lose it."""
    write_picture(tmp_path / "a.png", torch.rand(3, 8, 8))
    path = tmp_path / "file"
    path.write_bytes(b"{}")
    with FrameStore(tmp_path / "frames", FrameFacts(key="1")) as store:
        (store.folder / "000000.png").write_bytes((tmp_path / "a.png").read_bytes())
    request.getfixturevalue("refused")
    for kind, read in (
        (PictureError, lambda: read_picture(tmp_path / "a.png")),
        (PictureError, lambda: read_own_recipe(tmp_path / "a.png")),
        (WeightsError, lambda: read_description(path)),
        (TrainingError, lambda: read_state(path)),
        (OutputError, lambda: store.read(0)),
        (OutputError, lambda: FrameStore(tmp_path / "frames", FrameFacts(key="2")).__enter__()),
    ):
        with pytest.raises(kind, match="Too many open files") as caught:
            read()
        assert caught.value.refused and "ulimit" in str(caught.value)
    assert (tmp_path / "frames" / "000000.png").exists()


def test_weights_that_torch_may_not_open_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"whatever")

    def fail(*_: object) -> None:
        raise RuntimeError("unable to open file <a.safetensors> in read-only mode: Too many open files (24)")

    monkeypatch.setattr("dreamer.networks.state_files.safe_open", fail)
    with pytest.raises(WeightsError, match=r"a\.safetensors: cannot be read: Too many open files\n"):
        read_safetensors(tmp_path / "a.safetensors")


def test_a_line_that_the_disk_takes_in_part_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, write = Journal(tmp_path), os.write
    with monkeypatch.context() as short:
        short.setattr("os.write", lambda file, data: write(file, data[:9]))
        with pytest.raises(OutputError, match="No space left"):
            journal.append(JournalEntry("1", "a.png", "done"))
    journal.append(JournalEntry("2", "b.png", "done"))
    journal.close()
    assert [entry.output for entry in Journal(tmp_path).entries()] == ["b.png"]
