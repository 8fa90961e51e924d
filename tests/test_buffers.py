from __future__ import annotations

import errno
import gc
import os
from pathlib import Path

import pytest
import torch

from dreamer import buffers
from dreamer.buffers import empty, is_mapped, relax, scratch_folder, zeros
from dreamer.errors import OutputError
from dreamer.memory import available_memory, limit_memory, resident_memory

linux = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="asks Linux what is mapped")


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything of more than a KB goes to the disk."""
    monkeypatch.setattr(buffers, "LARGE", 1024)
    monkeypatch.setattr(buffers, "available_memory", lambda: 0)


def mapped_files() -> int:
    return Path("/proc/self/maps").read_text().count("(deleted)")


@linux
def test_where_memory_does_not_reach_a_buffer_is_in_a_file_that_goes_with_it(no_memory: None) -> None:
    before, listed = mapped_files(), sorted(os.listdir(scratch_folder()))
    buffer = zeros(3, 64, 64)
    assert is_mapped(buffer) and is_mapped(buffer[1:, :7]) and not is_mapped(zeros(4))
    assert mapped_files() == before + 1
    assert sorted(os.listdir(scratch_folder())) == listed
    assert not buffer.any()
    del buffer
    gc.collect()
    assert mapped_files() == before


def test_what_is_let_go_of_stays_as_it_is(no_memory: None) -> None:
    buffer, values = empty(1, 3, 50, 70), torch.rand(1, 3, 50, 70)
    buffer.copy_(values)
    relax(buffer, values)
    assert torch.equal(buffer, values)


@linux
def test_what_is_let_go_of_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "available_memory", lambda: 0)
    buffer = empty(32 << 20).fill_(1)
    full = resident_memory()
    relax(buffer)
    assert resident_memory() < full - (100 << 20)
    assert float(buffer.sum()) == 32 << 20


def test_while_there_is_memory_a_buffer_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "LARGE", 1024)
    monkeypatch.setattr(buffers, "available_memory", lambda: 64 << 30)
    assert not is_mapped(empty(3, 64, 64))
    monkeypatch.setattr(buffers, "available_memory", lambda: buffers.RESERVE + 4000)
    assert is_mapped(empty(1001))


def test_a_full_disk_is_told_before_anything_is_written(no_memory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(buffers, "_reserve", full)
    with pytest.raises(OutputError, match=r"cannot be kept on disk: No space left") as caught:
        empty(3, 1024, 1024)
    assert "TMPDIR" in (caught.value.remedy or "")


def test_files_are_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert scratch_folder() == tmp_path
    monkeypatch.setattr(buffers, "_kind", lambda folder: "tmpfs" if folder == tmp_path else "ext4")
    assert scratch_folder() == Path("/var/tmp")


def test_a_limit_counts_what_the_process_has_taken_already() -> None:
    limit_memory(resident_memory() + (512 << 20))
    try:
        assert 256 << 20 < available_memory() <= 600 << 20
        assert not buffers.fits(1 << 20)
    finally:
        limit_memory(None)


@linux
def test_between_tiles_freed_memory_is_kept_and_given_back_now_and_then_and_at_the_end() -> None:
    before = resident_memory()
    with buffers.reused_memory():
        for _ in range(3):
            torch.ones(48 << 20).add_(1)
        kept = resident_memory()
        buffers.give_back()
        assert resident_memory() < before + (64 << 20) or buffers._glibc() is None
        torch.ones(48 << 20).add_(1)
    assert resident_memory() < before + (64 << 20)
    assert kept > before + (128 << 20) or buffers._glibc() is None
