from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dreamer.errors import OutputError
from dreamer.jobs.claims import Claims, claimed
from dreamer.jobs.journal import Journal, JournalEntry
from tests.jobs.conftest import claimed_elsewhere


def done(key: str, output: str = "") -> JournalEntry:
    return JournalEntry(key, output or f"{key}.png", "done", seconds=1.5, work=0.25)


def test_entries_are_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(done("one"))
    journal.append(JournalEntry("two", "two.png", "failed", error="naïve \n broken"))
    again = Journal(tmp_path)
    one, two = again.entry(Path("one.png")), again.entry(Path("two.png"))
    assert one is not None and (one.state, one.seconds, one.work) == ("done", 1.5, 0.25)
    assert two is not None and two.error == "naïve \n broken"
    assert again.made(Path("one.png")) == "one" and again.made(Path("two.png")) is None


def test_a_job_without_a_key_is_kept_too(tmp_path: Path) -> None:
    Journal(tmp_path).append(JournalEntry("", "a.png", "failed", error="empty"))
    entry = Journal(tmp_path).entry(Path("a.png"))
    assert entry is not None and (entry.key, entry.error) == ("", "empty")


def test_the_last_word_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(JournalEntry("older", "one.png", "failed", error="first"))
    journal.append(done("one"))
    entry = Journal(tmp_path).entry(Path("one.png"))
    assert entry is not None and entry.state == "done"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_cut_short_spoils_nothing_else(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path)
    for key in ("one", "two"):
        journal.append(done(key, f"{key}.png"))
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[:-cut])
    torn = Journal(tmp_path)
    assert torn.entry(Path("one.png")) is not None and torn.entry(Path("two.png")) is None
    torn.append(done("three"))
    whole = Journal(tmp_path)
    assert whole.entry(Path("one.png")) is not None and whole.entry(Path("three.png")) is not None


def test_lines_of_another_process_are_seen(tmp_path: Path) -> None:
    mine, other = Journal(tmp_path), Journal(tmp_path)
    mine.append(done("one"))
    assert other.entry(Path("one.png")) is None
    other.refresh()
    assert other.entry(Path("one.png")) is not None


def test_nonsense_in_the_file_is_skipped(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(done("one"))
    with journal.path.open("ab") as file:
        file.write(b"\xff\xfe\n[1, 2]\n{}\nnull\n")
    journal.append(done("two"))
    assert [entry.key for entry in Journal(tmp_path).entries()] == ["one", "two"]


def test_lines_that_were_tampered_with_are_skipped(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(done("one"))
    deep = "[" * 1000 + "]" * 1000
    with journal.path.open("ab") as file:
        for wrong in ('"preset": 3', '"input": 4', '"error": null', '"seconds": NaN', f'"x": {deep}'):
            file.write(f'{{"key": "k", "output": "o", "state": "done", {wrong}}}\n'.encode())
    assert [entry.key for entry in Journal(tmp_path).entries()] == ["one"]


def test_names_that_are_not_utf_8_are_found_again(tmp_path: Path) -> None:
    output = os.fsdecode(b"out/caf\xe9\\xe9.png")
    written = JournalEntry("key", output, "failed", preset="a\\b", error="C:\\photos\\xab.png: is broken")
    Journal(tmp_path).append(written)
    (read,) = Journal(tmp_path).entries()
    assert replace(read, time="") == written


def test_unwritable_journal_names_the_file(tmp_path: Path) -> None:
    (tmp_path / ".dreamer").write_text("in the way")
    journal = Journal.__new__(Journal)
    with pytest.raises(OutputError, match="journal"):
        journal.__init__(tmp_path)  # type: ignore[misc]
        journal.append(done("one"))


def test_a_claim_is_one_process_s_own_and_free_when_that_is_dead(tmp_path: Path) -> None:
    with claimed_elsewhere(tmp_path, Path("key")):
        assert not Claims(tmp_path).take(Path("key"))
        assert Claims(tmp_path).take(Path("another"))
    assert Claims(tmp_path).take(Path("key"))


def test_claims_without_a_batch_are_beside_their_outputs_and_leave_nothing(tmp_path: Path) -> None:
    left = tmp_path / f".{'0' * 32}.dreamer-lock"
    left.touch()
    os.utime(left, (0, 0))
    with claimed_elsewhere(None, tmp_path / "a.png"):
        with pytest.raises(OutputError, match=r"a\.png: is being made by another process"), claimed(tmp_path / "a.png"):
            raise AssertionError("the body must not run")
        assert not left.exists()
        with claimed(tmp_path / "b.png"):
            assert len(list(tmp_path.iterdir())) == 2
    with claimed(tmp_path / "a.png"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_claim_that_is_released_can_be_taken(tmp_path: Path) -> None:
    mine = Claims(tmp_path)
    assert mine.take(Path("key"))
    mine.release(Path("key"))
    with claimed_elsewhere(tmp_path, Path("key")):
        assert not mine.take(Path("key"))
