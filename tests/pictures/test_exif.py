from __future__ import annotations

import contextlib
import io
import struct
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dreamer.pictures.exif import (
    ASCII,
    LONG,
    MAKER_NOTE,
    SHORT,
    UNDEFINED,
    BrokenExif,
    Exif,
    Order,
    Value,
    build_exif,
    parse_exif,
    text,
)

ORDERS = get_args(Order)


def example(order: Order) -> Exif:
    exif = Exif(
        order,
        main={0x010F: Value(ASCII, b"Maker of cameras\0"), 0x0112: Exif(order).short(6)},
        photo={0x9003: Value(ASCII, b"2019:05:04 03:02:01\0"), MAKER_NOTE: Value(UNDEFINED, bytes(range(40)))},
        gps={0x0001: Value(ASCII, b"N\0")},
        interop={0x0001: Value(ASCII, b"R98\0")},
        thumbnail={0x0103: Exif(order).short(6)},
        small=b"a small picture",
        maker_at=600,
    )
    return exif.with_photo(width=exif.long(70_000))


@pytest.mark.parametrize("order", ORDERS)
def test_a_block_is_read_as_it_was_built_and_by_pillow(order: Order) -> None:
    block = build_exif(example(order))
    assert parse_exif(block) == parse_exif(b"Exif\0\0" + block) == example(order)
    pillow = Image.Exif()
    pillow.load(b"Exif\0\0" + block)
    assert pillow[0x010F] == "Maker of cameras" and pillow[0x0112] == 6
    assert pillow.get_ifd(0x8769)[0x9003] == "2019:05:04 03:02:01"
    assert pillow.get_ifd(0x8825)[1] == "N"


def test_a_maker_note_stays_where_it_was() -> None:
    assert build_exif(example("<")).index(bytes(range(40))) == 600


def test_fields_outside_the_block_are_left_out_and_counted() -> None:
    block = bytearray(build_exif(Exif(main={0x010F: Value(ASCII, b"a long value\0"), 0x0112: Value(SHORT, b"\6\0")})))
    block[-20:-16] = b"\xff\xff\xff\x7f"  # where the first field's value is
    found = parse_exif(bytes(block))
    assert found.damaged == 1 and list(found.main) == [0x0112]


def test_many_fields_cannot_claim_the_same_bytes_for_ever() -> None:
    size, count = 1 << 20, 40
    entries = b"".join(struct.pack("<HHII", 0x8000 + n, UNDEFINED, size, 600) for n in range(count))
    found = parse_exif(b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(size + 600))
    assert len(found.main) == 16 and found.damaged == count - 16


@pytest.mark.parametrize("block", [b"", b"II*\0", b"JPEG" * 9, b"II*\0\xff\xff\0\0", b"II*\0\x08\0\0\0\xff\xff"])
def test_what_is_no_block_is_refused(block: bytes) -> None:
    with pytest.raises(BrokenExif):
        parse_exif(block)


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda data: build_exif(example("<"))[:100] + data))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(BrokenExif):
        build_exif(parse_exif(data))


def test_values_as_text() -> None:
    assert text(Value(ASCII, b" words \0rest")) == "words"
    assert text(None) == text(Value(LONG, b"\0\0\0\1")) == ""


def test_a_tiff_file_is_a_block() -> None:
    file = io.BytesIO()
    Image.new("RGB", (3, 2)).save(file, "TIFF")
    assert parse_exif(file.getvalue()).main[0x0100].data[:2] == b"\3\0"
