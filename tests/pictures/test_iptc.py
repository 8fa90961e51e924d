from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamer.pictures.iptc import AUTHOR, KEYWORD, BrokenIptc, build_iptc, parse_iptc, photoshop_segment, texts

RECORDS = [(2, 25, b"fox"), (2, 25, "Füchse".encode()), (2, 80, b"J\xf6rg")]


def test_records_are_read_as_they_were_built() -> None:
    assert parse_iptc(build_iptc(RECORDS)) == RECORDS
    assert parse_iptc(build_iptc(RECORDS) + b"\0") == RECORDS
    assert parse_iptc(b"") == []


def test_texts_are_utf_8_or_else_latin_1() -> None:
    assert texts(RECORDS, KEYWORD) == ["fox", "Füchse"]
    assert texts(RECORDS, AUTHOR) == ["Jörg"]
    assert texts([(1, 90, b"\x1b%G"), *RECORDS], AUTHOR) == ["J\N{REPLACEMENT CHARACTER}rg"]


@pytest.mark.parametrize("block", [b"nothing", b"\x1c\2", b"\x1c\2\x19\0\xff", b"\x1c\2\x19\x80\4\0\0\0\1a"])
def test_broken_records_are_refused(block: bytes) -> None:
    with pytest.raises(BrokenIptc):
        parse_iptc(block)


@given(st.binary(max_size=100) | st.binary(max_size=60).map(lambda data: build_iptc(RECORDS) + data))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(BrokenIptc):
        build_iptc(parse_iptc(data))


def test_the_segment_of_a_jpeg_states_its_length() -> None:
    segment = photoshop_segment(b"\x1c\2\x19\0\3fox")
    assert int.from_bytes(segment[2:4]) == len(segment) - 2
