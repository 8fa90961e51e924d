"""What a photo's file says of itself beside its pixels, and what of it goes into a dream's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from mmap import ACCESS_READ, mmap
from typing import IO, TypeVar
from xml.etree.ElementTree import Element

from PIL import Image

from dreamer.pictures import exif as fields
from dreamer.pictures import iptc, xmp
from dreamer.pictures.exif import BrokenExif, Exif, Value, parse_exif
from dreamer.pictures.iptc import BrokenIptc, Record
from dreamer.pictures.recipes import PROGRAM, with_recipe
from dreamer.pictures.settings import Level
from dreamer.pictures.xmp import BrokenXmp

Block = TypeVar("Block")

# Of the first directory: description, maker, model, date, artist, copyright, rating.
_SAFE_MAIN = {0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298, 0x4746, 0x4749}
# Windows' title, comment, author, keywords and subject.
_SAFE_MAIN |= {0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F}
# Of the photograph's: how it was exposed, when, through which lens; no maker note, comment, owner or serial number.
_SAFE_PHOTO = {
    0x829A, 0x829D, 0x8822, 0x8824, 0x8827, 0x8830, 0x8831, 0x8832, 0x8833, 0x9000, 0x9003, 0x9004, 0x9010, 0x9011,
    0x9012, 0x9201, 0x9202, 0x9203, 0x9204, 0x9205, 0x9206, 0x9207, 0x9208, 0x9209, 0x920A, 0x9290, 0x9291, 0x9292,
    0xA20E, 0xA20F, 0xA210, 0xA217, 0xA300, 0xA301, 0xA401, 0xA402, 0xA403, 0xA404, 0xA405, 0xA406, 0xA407, 0xA408,
    0xA409, 0xA40A, 0xA40C, 0xA432, 0xA433, 0xA434,
}  # fmt: skip
# What a TIFF says of its pixels, its profile, and the other blocks that are kept apart.
_STRUCTURE = {
    0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x010A, 0x0111, 0x0115, 0x0116, 0x0117, 0x0118, 0x0119,
    0x011C, 0x0120, 0x0121, 0x0124, 0x0125, 0x013D, 0x0140, 0x0141, 0x0142, 0x0143, 0x0144, 0x0145, 0x014A, 0x014C,
    0x0152, 0x0153, 0x0154, 0x0155, 0x015B, 0x0200, 0x0201, 0x0202, 0x0203, 0x0205, 0x0206, 0x0207, 0x0208, 0x0209,
    0x0211, 0x0212, 0x0213, 0x0214, 0x02BC, 0x8649, 0x8773, 0x83BB, 0x935C, 0xEA1C,
}  # fmt: skip
_TEXTS_OF_IPTC = {
    xmp.TITLE: iptc.TITLE,
    xmp.KEYWORDS: iptc.KEYWORD,
    xmp.AUTHOR: iptc.AUTHOR,
    xmp.RIGHTS: iptc.COPYRIGHT,
    xmp.CAPTION: iptc.CAPTION,
    xmp.HEADLINE: iptc.HEADLINE,
    xmp.CREDIT: iptc.CREDIT,
    xmp.SOURCE: iptc.SOURCE,
    xmp.AUTHOR_TITLE: iptc.AUTHOR_TITLE,
}
_TEXTS_OF_PNG = {
    xmp.TITLE: "Title",
    xmp.AUTHOR: "Author",
    xmp.RIGHTS: "Copyright",
    xmp.CAPTION: "Description",
    xmp.SOURCE: "Source",
}
_XMP_TAG, _IPTC_TAG = 0x02BC, 0x83BB
_PHOTOSHOP_EXIF, _PHOTOSHOP_XMP = 1058, 1060
# A segment of a JPEG counts its length in 16 bits, of which the marks of EXIF, XMP and Photoshop take some.
LONGEST_EXIF = 65_527
_LONGEST_SEGMENT = 65_000


@dataclass(frozen=True)
class Metadata:
    """The blocks of a file as they are in it, empty where there is none. `exif`: a block, without its mark.

    `texts`: plain texts of a PNG by their keywords.
    """

    exif: bytes = b""
    iptc: bytes = b""
    xmp: bytes = b""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What goes into an output. `iptc` is also in `xmp` as far as that has names for it, for formats without IPTC."""

    exif: Exif = field(default_factory=Exif)
    iptc: bytes = b""
    xmp: bytes = b""
    notes: tuple[str, ...] = ()


def read_metadata(image: Image.Image, file: IO[bytes]) -> Metadata:
    """The blocks of a loaded picture, read from `file`. Nothing is looked into but the fields of a TIFF."""
    if image.format in ("TIFF", "RAW"):
        return _of_tiff(file)
    info, resources = image.info, _photoshop_resources(image)
    texts = {key: str(info[key]) for key in _TEXTS_OF_PNG.values() if isinstance(info.get(key), str)}
    packet = info.get("xmp", resources.get(_PHOTOSHOP_XMP, b""))
    return Metadata(
        _bytes(info.get("exif", resources.get(_PHOTOSHOP_EXIF))).removeprefix(b"Exif\0\0"),
        _bytes(resources.get(iptc.RESOURCE)),
        packet.encode() if isinstance(packet, str) else _bytes(packet),
        texts,
    )


def kept_metadata(metadata: Metadata, level: Level, size: tuple[int, int]) -> Kept:
    """What of a photo's metadata goes into a picture of `size`, (height, width), that stands upright.

    Never raises: a block that cannot be read is left out, and said so in the notes.
    """
    if level == "none":
        return Kept()
    notes: list[str] = []
    none: list[Record] = []
    nothing: list[Element] = []
    exif = _read(lambda: parse_exif(metadata.exif), Exif(), "EXIF", metadata.exif, notes)
    if exif.damaged:
        notes.append(f"{exif.damaged} of its EXIF fields are damaged and left out")
    records = _read(lambda: iptc.parse_iptc(metadata.iptc), none, "IPTC", metadata.iptc, notes)
    said = len(notes)
    properties = _read(lambda: xmp.safe_properties(metadata.xmp), nothing, "XMP", metadata.xmp, notes)
    packet = xmp.upright(metadata.xmp) if level == "all" and len(notes) == said else b""
    exif = _without_recipe(exif)
    if level == "safe":
        exif, records = _safe_exif(exif), [record for record in records if record[:2] in iptc.SAFE]
    texts = {name: iptc.texts(records, key) for name, key in _TEXTS_OF_IPTC.items()}
    given = {name: [metadata.texts[key]] for name, key in _TEXTS_OF_PNG.items() if key in metadata.texts}
    packet = packet or xmp.build_xmp(xmp.with_texts(properties, {**given, **{k: v for k, v in texts.items() if v}}))
    return Kept(_upright(exif, size), iptc.build_iptc(records), packet, tuple(notes))


def fitting_segments(kept: Kept, recipe: str | None) -> Kept:
    """The same as far as the segments of a JPEG hold it, EXIF together with the recipe."""
    notes = []
    exif, packet, records = kept.exif, kept.xmp, kept.iptc
    if _is_too_long(exif, recipe) and (fields.MAKER_NOTE in exif.photo or exif.small):
        notes.append("its EXIF is too long for a JPEG: maker note and thumbnail are left out")
        photo = {tag: value for tag, value in exif.photo.items() if tag != fields.MAKER_NOTE}
        exif = replace(exif, photo=photo, thumbnail={}, small=b"")
    if _is_too_long(exif, recipe):
        notes.append("its EXIF is too long for a JPEG and left out")
        exif = Exif()
    if len(packet) > _LONGEST_SEGMENT:
        notes.append("its XMP is too long for a JPEG and left out")
        packet = b""
    if len(records) > _LONGEST_SEGMENT:
        notes.append("its IPTC is too long for a JPEG and left out")
        records = b""
    return Kept(exif, records, packet, (*kept.notes, *notes))


def _is_too_long(exif: Exif, recipe: str | None) -> bool:
    block = fields.build_exif(exif)
    if block and recipe is not None:
        block = fields.build_exif(with_recipe(exif, recipe))
    return len(block) > LONGEST_EXIF


def _photoshop_resources(image: Image.Image) -> dict[int, object]:
    """The resources that Photoshop keeps in a JPEG or in its own files, by their numbers."""
    in_jpeg, in_psd = image.info.get("photoshop"), getattr(image, "resources", ())
    if isinstance(in_jpeg, dict):
        return dict(in_jpeg)
    return {number: data for number, _, data in in_psd} if image.format == "PSD" else {}


def _of_tiff(file: IO[bytes]) -> Metadata:
    """The blocks of a TIFF file, or of a camera's raw file that is built like one."""
    with mmap(file.fileno(), 0, access=ACCESS_READ) as whole:
        try:
            exif = parse_exif(whole)
        except BrokenExif:
            return Metadata()
    packet, records = exif.main.get(_XMP_TAG), exif.main.get(_IPTC_TAG)
    main = {tag: value for tag, value in exif.main.items() if tag not in _STRUCTURE}
    bare = replace(exif, main=main, thumbnail={}, small=b"")
    return Metadata(fields.build_exif(bare), _data(records), _data(packet))


def _data(value: Value | None) -> bytes:
    return b"" if value is None else value.data


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _read(read: Callable[[], Block], instead: Block, name: str, block: bytes, notes: list[str]) -> Block:
    """What `read` makes of a block, or `instead` where there is none, or one that is broken."""
    if not block:
        return instead
    try:
        return read()
    except (BrokenExif, BrokenIptc, BrokenXmp) as error:
        notes.append(f"its {name} is damaged and left out: {error}")
        return instead


def _safe_exif(exif: Exif) -> Exif:
    def of(directory: fields.Fields, tags: Iterable[int]) -> fields.Fields:
        return {tag: directory[tag] for tag in tags if tag in directory}

    return Exif(exif.order, of(exif.main, _SAFE_MAIN), of(exif.photo, _SAFE_PHOTO), damaged=exif.damaged)


def _without_recipe(exif: Exif) -> Exif:
    """Where the photo is a dream itself, its metadata without how it was made."""
    if fields.text(exif.main.get(fields.SOFTWARE)) != PROGRAM:
        return exif
    main = {tag: value for tag, value in exif.main.items() if tag != fields.SOFTWARE}
    photo = {tag: value for tag, value in exif.photo.items() if tag != fields.USER_COMMENT}
    return replace(exif, main=main, photo=photo)


def _upright(exif: Exif, size: tuple[int, int]) -> Exif:
    """The block of a picture that is turned already, and of that size."""
    height, width = size
    if fields.ORIENTATION in exif.main:
        exif = exif.with_main(orientation=exif.short(1))
    if fields.WIDTH in exif.photo or fields.HEIGHT in exif.photo:
        exif = exif.with_photo(width=exif.long(width), height=exif.long(height))
    return exif
