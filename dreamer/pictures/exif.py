"""EXIF blocks, field by field: read within bounds, and put together anew. The values stay the bytes that they are.

The structure is that of TIFF (TIFF 6.0, section 2; CIPA DC-008-2023, section 4.6).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from mmap import mmap
from typing import IO, Literal

BYTE, ASCII, SHORT, LONG, UNDEFINED = 1, 2, 3, 4, 7
# Bytes of a value of each type.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
ORIENTATION, SOFTWARE, USER_COMMENT, MAKER_NOTE = 0x0112, 0x0131, 0x9286, 0x927C
WIDTH, HEIGHT = 0xA002, 0xA003
_PHOTO, _GPS, _INTEROP = 0x8769, 0x8825, 0xA005
_THUMBNAIL, _THUMBNAIL_SIZE = 0x0201, 0x0202
_MOST_FIELDS = 1000
# Of all values together: many fields may claim the same bytes.
_LONGEST = 16 << 20


class BrokenExif(ValueError):
    """What should be EXIF is not."""


@dataclass(frozen=True)
class Value:
    """`kind`: one of TIFF's types; `data`: the values in the byte order of their block."""

    kind: int
    data: bytes


Fields = Mapping[int, Value]
Order = Literal["<", ">"]


@dataclass(frozen=True)
class Exif:
    """The fields of a block by tag. `order`: "<" or ">", as `struct` writes byte orders.

    `thumbnail`: the fields of the second directory, `small` the picture that it describes. `maker_at`: where the maker
    note was: its inside counts from the start of the block. `damaged`: how many fields could not be read.
    """

    order: Order = "<"
    main: Fields = field(default_factory=dict)
    photo: Fields = field(default_factory=dict)
    gps: Fields = field(default_factory=dict)
    interop: Fields = field(default_factory=dict)
    thumbnail: Fields = field(default_factory=dict)
    small: bytes = b""
    maker_at: int = 0
    damaged: int = 0

    def with_main(self, **values: Value) -> Exif:
        """The same with other values in the first directory, by names of this module's tags."""
        return replace(self, main={**self.main, **{_TAGS[name]: value for name, value in values.items()}})

    def with_photo(self, **values: Value) -> Exif:
        """The same with other values in the directory of the photograph."""
        return replace(self, photo={**self.photo, **{_TAGS[name]: value for name, value in values.items()}})

    def short(self, number: int) -> Value:
        """One number of 16 bits."""
        return Value(SHORT, struct.pack(f"{self.order}H", number))

    def long(self, *numbers: int) -> Value:
        """Numbers of 32 bits."""
        return Value(LONG, struct.pack(f"{self.order}{len(numbers)}I", *numbers))


_TAGS = {
    "orientation": ORIENTATION,
    "software": SOFTWARE,
    "user_comment": USER_COMMENT,
    "width": WIDTH,
    "height": HEIGHT,
}


def parse_exif(block: bytes | mmap) -> Exif:
    """The fields of a block, or of a whole TIFF file; those that lie outside it or are too long are left out.

    Raises BrokenExif where there is no block.
    """
    if block[:6] == b"Exif\0\0":
        block = block[6:]
    if block[:4] not in (b"II*\0", b"MM\0*") or len(block) < 8:
        raise BrokenExif("it does not begin as EXIF does")
    order: Order = "<" if block[:2] == b"II" else ">"
    reader = _Reader(block, order)
    main, second = reader.directory(_number(block, order, 4))
    photo, gps, interop, small = reader.below(main, _PHOTO), reader.below(main, _GPS), {}, b""
    if _INTEROP in photo:
        interop = reader.below(photo, _INTEROP)
    thumbnail = reader.directory(second)[0] if 0 < second < len(block) else {}
    if _THUMBNAIL in thumbnail and _THUMBNAIL_SIZE in thumbnail:
        start, size = (reader.first(thumbnail.pop(tag)) for tag in (_THUMBNAIL, _THUMBNAIL_SIZE))
        small = block[start : start + size]
    return Exif(order, main, photo, gps, interop, thumbnail, small, reader.maker_at, reader.damaged)


class _Reader:
    """Directories of one block."""

    def __init__(self, block: bytes | mmap, order: str) -> None:
        self.block, self.order, self.damaged, self.maker_at = block, order, 0, 0
        self._left = _LONGEST

    def directory(self, offset: int) -> tuple[dict[int, Value], int]:
        """The fields of the directory there, and where the next one is. Raises BrokenExif."""
        if not 8 <= offset <= len(self.block) - 2:
            raise BrokenExif("a directory lies outside it")
        count = _number(self.block, self.order, offset, "H")
        if count > _MOST_FIELDS or offset + 2 + 12 * count > len(self.block):
            raise BrokenExif("a directory is cut short")
        fields: dict[int, Value] = {}
        for place in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, kind, length = struct.unpack_from(f"{self.order}HHI", self.block, place)
            size = _SIZES.get(kind, 0) * length
            start = place + 8 if size <= 4 else _number(self.block, self.order, place + 8)
            if not 0 < size <= self._left or start + size > len(self.block):
                self.damaged += 1
                continue
            self._left -= size
            fields[tag] = Value(kind, bytes(self.block[start : start + size]))
            if tag == MAKER_NOTE:
                self.maker_at = start
        end = offset + 2 + 12 * count
        return fields, _number(self.block, self.order, end) if end + 4 <= len(self.block) else 0

    def below(self, fields: dict[int, Value], tag: int) -> dict[int, Value]:
        """The directory that a field points to, and the field taken out; nothing where there is none."""
        pointer = fields.pop(tag, None)
        if pointer is None:
            return {}
        try:
            return self.directory(self.first(pointer))[0]
        except BrokenExif:
            self.damaged += 1
            return {}

    def first(self, value: Value) -> int:
        """The first number of a value."""
        if value.kind not in (SHORT, LONG, 13):
            return 0
        return _number(value.data, self.order, 0, "H" if value.kind == SHORT else "I")


def build_exif(exif: Exif) -> bytes:
    """The block with these fields; empty where there are none but of a thumbnail."""
    if not (exif.main or exif.photo or exif.gps):
        return b""
    file = io.BytesIO()
    write_exif(file, exif, [])
    return file.getvalue()


def write_exif(file: IO[bytes], exif: Exif, strips: Sequence[int]) -> None:
    """Write a block into an empty file; or, with the places of a picture's strips in it, end a TIFF file.

    What a TIFF says of its pixels is among `exif.main`, but for where they are.
    """
    writer = _Writer(file, exif.order)
    if not strips:
        writer.begin()
    photo = dict(exif.photo)
    if MAKER_NOTE in photo:
        photo[MAKER_NOTE] = Value(UNDEFINED, photo[MAKER_NOTE].data)
    main = dict(exif.main)
    if strips:
        main[0x0111] = exif.long(*strips)
    # The maker note comes first, at its old place where that is free: what is inside it counts from the block's start.
    places = {MAKER_NOTE: writer.put(photo[MAKER_NOTE].data, exif.maker_at)} if MAKER_NOTE in photo else {}
    if exif.interop:
        photo[_INTEROP] = exif.long(writer.directory(exif.interop))
    if photo:
        main[_PHOTO] = exif.long(writer.directory(photo, places))
    if exif.gps:
        main[_GPS] = exif.long(writer.directory(exif.gps))
    thumbnail = 0
    if exif.small:
        place = {_THUMBNAIL: exif.long(writer.put(exif.small)), _THUMBNAIL_SIZE: exif.long(len(exif.small))}
        thumbnail = writer.directory({**exif.thumbnail, **place})
    first = writer.directory(main, following=thumbnail)
    file.seek(4)
    file.write(struct.pack(f"{exif.order}I", first))


class _Writer:
    """Directories into a file, each behind the values that it points to."""

    def __init__(self, file: IO[bytes], order: str) -> None:
        self.file, self.order = file, order

    def begin(self) -> None:
        self.file.write(tiff_header(self.order))

    def put(self, data: bytes, place: int = 0) -> int:
        """Write data at an even place, not before `place`, and return that."""
        here = self.file.tell()
        start = max(here + here % 2, place)
        self.file.write(bytes(start - here) + data)
        return start

    def directory(self, fields: Fields, places: Mapping[int, int] | None = None, following: int = 0) -> int:
        """Write fields, those of `places` being there already, and return where their directory is."""
        entries = []
        for tag, value in sorted(fields.items()):
            count = len(value.data) // _SIZES[value.kind]
            if len(value.data) <= 4:
                last = value.data.ljust(4, b"\0")
            else:
                place = (places or {}).get(tag) or self.put(value.data)
                last = struct.pack(f"{self.order}I", place)
            entries.append(struct.pack(f"{self.order}HHI", tag, value.kind, count) + last)
        head, tail = struct.pack(f"{self.order}H", len(entries)), struct.pack(f"{self.order}I", following)
        return self.put(head + b"".join(entries) + tail)


def tiff_header(order: str) -> bytes:
    """The first eight bytes of a block; where its first directory is comes later."""
    return b"II*\0\0\0\0\0" if order == "<" else b"MM\0*\0\0\0\0"


def text(value: Value | None) -> str:
    """A value as text; empty where it is none."""
    return "" if value is None or value.kind not in (BYTE, ASCII, UNDEFINED) else _text(value.data)


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("utf-8", "replace").strip()


def _number(block: bytes | mmap, order: str, place: int, kind: str = "I") -> int:
    if place + struct.calcsize(kind) > len(block):
        raise BrokenExif("it is cut short")
    return int(struct.unpack_from(f"{order}{kind}", block, place)[0])
