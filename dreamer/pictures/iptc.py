"""IPTC records of a picture, and the block of Photoshop's resources that a JPEG keeps them in.

IPTC-NAA Information Interchange Model 4.2, sections 1.5 and 6; Adobe Photoshop file formats, "Image Resource Blocks".
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

Record = tuple[int, int, bytes]
"""The number of a record, that of a data set in it, and its value."""

RESOURCE = 0x0404
TITLE, KEYWORD, CREATED, CREATED_TIME, AUTHOR, AUTHOR_TITLE = (2, 5), (2, 25), (2, 55), (2, 60), (2, 80), (2, 85)
HEADLINE, CREDIT, SOURCE, COPYRIGHT, CAPTION = (2, 105), (2, 110), (2, 115), (2, 116), (2, 120)
CHARACTERS = (1, 90)
_UTF8 = b"\x1b%G"
# Beside those above: the version of the record, urgency, category, digital dates and the writer of the caption.
SAFE = {
    CHARACTERS, (2, 0), (2, 10), (2, 15), (2, 20), TITLE, KEYWORD, CREATED, CREATED_TIME, (2, 62), (2, 63), AUTHOR,
    AUTHOR_TITLE, HEADLINE, CREDIT, SOURCE, COPYRIGHT, CAPTION,
}  # fmt: skip


class BrokenIptc(ValueError):
    """What should be IPTC records is not."""


def parse_iptc(block: bytes) -> list[Record]:
    """The records of a block. Raises BrokenIptc."""
    records: list[Record] = []
    place = 0
    while place < len(block) and block[place] == 0x1C:
        if place + 5 > len(block):
            raise BrokenIptc("a record is cut short")
        record, number, size = block[place + 1], block[place + 2], int.from_bytes(block[place + 3 : place + 5])
        if size & 0x8000 or place + 5 + size > len(block):
            raise BrokenIptc("a record is cut short")
        records.append((record, number, block[place + 5 : place + 5 + size]))
        place += 5 + size
    if block.strip(b"\0") and not records:
        raise BrokenIptc("it does not begin with a record")
    return records


def build_iptc(records: Iterable[Record]) -> bytes:
    """The block of these records."""
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(data)) + data for record, number, data in records)


def photoshop_segment(iptc: bytes) -> bytes:
    """The segment APP13 of a JPEG that holds an IPTC block."""
    body = b"Photoshop 3.0\x008BIM" + struct.pack(">HHI", RESOURCE, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


def texts(records: Iterable[Record], key: tuple[int, int]) -> list[str]:
    """The values of a data set as text."""
    records = list(records)
    utf8 = any((record, number) == CHARACTERS and data == _UTF8 for record, number, data in records)
    return [_decoded(data, utf8=utf8) for record, number, data in records if (record, number) == key]


def _decoded(data: bytes, *, utf8: bool) -> str:
    try:
        return data.decode("utf-8").strip("\0 ")
    except UnicodeDecodeError:
        return data.decode("utf-8" if utf8 else "latin-1", "replace").strip("\0 ")
