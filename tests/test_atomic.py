from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dreamer.atomic import atomic_write, discard, part_of
from dreamer.errors import OutputError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_text_are_written_and_folders_made(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "a" / "b" / "bytes") as data:
        data.write(b"\0\1")
    with atomic_write(tmp_path / "a" / "text", "w") as text:
        text.write("Träume\n")
    assert (tmp_path / "a" / "b" / "bytes").read_bytes() == b"\0\1"
    assert (tmp_path / "a" / "text").read_bytes() == "Träume\n".encode()
    assert names(tmp_path / "a") == ["b", "text"] and names(tmp_path / "a" / "b") == ["bytes"]


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", ["old", None])
def test_a_body_that_raises_changes_nothing(old: str | None, error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "file"
    if old is not None:
        path.write_text(old)
    with pytest.raises(error), atomic_write(path) as file:
        file.write(b"half of it")
        raise error
    assert names(tmp_path) == ([] if old is None else ["file"])
    assert old is None or path.read_text() == old


@pytest.mark.parametrize("below", ["a", "a/b/c"])
def test_a_file_in_the_place_of_a_folder_is_named(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / below
    with pytest.raises(OutputError, match="file is not a folder") as caught, atomic_write(path):
        raise AssertionError("the body must not run")
    assert caught.value.where == str(path)


def test_a_disk_that_refuses_is_named_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 300)
    with pytest.raises(OutputError, match="cannot be written: File name too long") as caught, atomic_write(path):
        pass
    assert caught.value.where == str(path) and "permissions" in (caught.value.remedy or "")
    assert names(tmp_path) == []


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="No space left") as caught,
        atomic_write(tmp_path / "a", remedy="Make room.") as file,
    ):
        file.write(b"half of it")
        raise OSError(28, os.strerror(28))
    assert caught.value.remedy == "Make room." and names(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="there are no named pipes")
def test_what_is_no_regular_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("folder", "folder"), ("pipe", "regular")):
        with pytest.raises(OutputError, match=said), atomic_write(tmp_path / name):
            raise AssertionError("the body must not run")
    assert names(tmp_path) == ["folder", "pipe"]


def test_the_longest_names_can_be_written(tmp_path: Path) -> None:
    with atomic_write(tmp_path / ("n" * 255)) as file:
        file.write(b"1")
    assert names(tmp_path) == ["n" * 255]


def test_writers_at_the_same_time_never_mix(tmp_path: Path) -> None:
    path, writers = tmp_path / "file", 8
    together = threading.Barrier(writers)

    def write(number: int) -> None:
        with atomic_write(path) as file:
            together.wait()
            for _ in range(100):
                file.write(b"%d" % number * 1000)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    data = path.read_bytes()
    assert len(data) == 100_000 and len(set(data)) == 1
    assert names(tmp_path) == ["file"]


def test_temporary_names_are_beside_hidden_and_new(tmp_path: Path) -> None:
    first, second = part_of(tmp_path / "a.png"), part_of(tmp_path / "a.png")
    assert first != second and first.parent == tmp_path
    assert first.name.startswith(".") and first.suffix == ".part"


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives cannot be asked elsewhere")
def test_what_a_dead_process_left_is_removed_by_the_next_write(tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from dreamer.atomic import part_of; print(part_of(Path({str(tmp_path)!r}) / 'a'))"
    )
    left = Path(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    folder = left.with_name(f"{left.name[:-17]}{'0' * 12}.part")
    folder.mkdir()
    for path in (left, folder / "1.png", mine := part_of(tmp_path / "a"), foreign := tmp_path / ".0123.part"):
        path.touch()
    with atomic_write(tmp_path / "file") as file:
        file.write(b"")
    assert names(tmp_path) == sorted(["file", mine.name, foreign.name])


def test_what_cannot_be_removed_is_left(tmp_path: Path) -> None:
    for there, name in enumerate(("file", "folder", "n" * 300, "gone")):
        path = tmp_path / name
        if there == 0:
            path.touch()
        elif there == 1:
            (path / "inner").mkdir(parents=True)
        discard(path)
    assert names(tmp_path) == []
