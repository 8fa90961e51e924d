"""XMP packets: the properties that may be passed on, and new packets from plain texts.

ISO 16684-1:2019, section 7; the names of plain texts are those that IPTC gives them in XMP.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# By name space: its usual prefix, and the properties that tell nothing of places, owners and serial numbers.
_SAFE: dict[str, tuple[str, str]] = {
    _DC: ("dc", "title creator rights subject description date"),
    "http://ns.adobe.com/xap/1.0/": ("xmp", "CreateDate ModifyDate Rating Label"),
    "http://ns.adobe.com/xap/1.0/rights/": ("xmpRights", "Marked WebStatement UsageTerms"),
    _PHOTOSHOP: ("photoshop", "DateCreated Headline Credit Source AuthorsPosition"),
    "http://ns.adobe.com/lightroom/1.0/": ("lr", "hierarchicalSubject weightedFlatSubject"),
    "http://ns.adobe.com/tiff/1.0/": ("tiff", "Make Model Artist Copyright ImageDescription DateTime"),
    "http://ns.adobe.com/exif/1.0/": (
        "exif",
        "DateTimeOriginal DateTimeDigitized ExposureTime FNumber ExposureProgram ISOSpeedRatings ShutterSpeedValue "
        "ApertureValue ExposureBiasValue MaxApertureValue MeteringMode Flash FocalLength FocalLengthIn35mmFilm",
    ),
    "http://ns.adobe.com/exif/1.0/aux/": ("aux", "Lens LensInfo LensID"),
    "http://cipa.jp/exif/1.0/": ("exifEX", "LensModel LensMake LensSpecification PhotographicSensitivity"),
    "http://creativecommons.org/ns#": ("cc", "license"),
}
_KEPT = {f"{{{space}}}{name}" for space, (_, names) in _SAFE.items() for name in names.split()}
# What plain texts of other standards are called here, and the kind of list that each is.
TITLE, AUTHOR, RIGHTS = f"{{{_DC}}}title", f"{{{_DC}}}creator", f"{{{_DC}}}rights"
KEYWORDS, CAPTION = f"{{{_DC}}}subject", f"{{{_DC}}}description"
HEADLINE, CREDIT, SOURCE = f"{{{_PHOTOSHOP}}}Headline", f"{{{_PHOTOSHOP}}}Credit", f"{{{_PHOTOSHOP}}}Source"
CREATED, AUTHOR_TITLE = f"{{{_PHOTOSHOP}}}DateCreated", f"{{{_PHOTOSHOP}}}AuthorsPosition"
_LISTS = {TITLE: "Alt", RIGHTS: "Alt", CAPTION: "Alt", AUTHOR: "Seq", KEYWORDS: "Bag"}
_ORIENTATION = re.compile(rb"""(tiff:Orientation\s*(?:=\s*["']|>\s*))[2-8]""")
# XML has no way to write these.
_CONTROLS = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 4 << 20

for _space, (_prefix, _) in _SAFE.items():
    ElementTree.register_namespace(_prefix, _space)
ElementTree.register_namespace("rdf", _RDF)
ElementTree.register_namespace("x", "adobe:ns:meta/")


class BrokenXmp(ValueError):
    """What should be an XMP packet is not."""


def safe_properties(packet: bytes) -> list[ElementTree.Element]:
    """The properties of a packet that may be passed on, each an element. Raises BrokenXmp."""
    if len(packet) > _LONGEST:
        raise BrokenXmp("it is too long")
    try:
        text = packet.strip(b"\0").decode("utf-8-sig")
        if "<!" in text:  # XMP knows no entities; whoever defines some means no good
            raise BrokenXmp("it has a document type")
        tree = ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise BrokenXmp(str(error)) from error
    found = []
    for described in tree.iter(f"{{{_RDF}}}Description"):
        for name, value in described.attrib.items():
            if name in _KEPT:
                found.append(ElementTree.Element(name))
                found[-1].text = value
        found += [child for child in described if child.tag in _KEPT]
    return found


def with_texts(
    properties: Iterable[ElementTree.Element], texts: Mapping[str, Iterable[str]]
) -> list[ElementTree.Element]:
    """The properties, and those of `texts`, by name, that are not among them."""
    properties = list(properties)
    there = {each.tag for each in properties}
    new = [_property(name, values) for name, given in texts.items() if name not in there and (values := list(given))]
    return [*properties, *new]


def build_xmp(properties: Iterable[ElementTree.Element]) -> bytes:
    """A packet with these properties; empty where there are none."""
    properties = list(properties)
    if not properties:
        return b""
    root = ElementTree.Element("{adobe:ns:meta/}xmpmeta")
    described = ElementTree.SubElement(ElementTree.SubElement(root, f"{{{_RDF}}}RDF"), f"{{{_RDF}}}Description")
    described.set(f"{{{_RDF}}}about", "")
    described.extend(properties)
    body: bytes = ElementTree.tostring(root, encoding="utf-8")
    return b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>' + body + b'<?xpacket end="r"?>'


def upright(packet: bytes) -> bytes:
    """The packet with no turn in it."""
    return _ORIENTATION.sub(rb"\g<1>1", packet)


def _property(name: str, values: list[str]) -> ElementTree.Element:
    element = ElementTree.Element(name)
    values = [_CONTROLS.sub("", value) for value in values]
    kind = _LISTS.get(name)
    if kind is None:
        element.text = values[0]
        return element
    holder = ElementTree.SubElement(element, f"{{{_RDF}}}{kind}")
    for value in values[:1] if kind == "Alt" else values:
        item = ElementTree.SubElement(holder, f"{{{_RDF}}}li")
        item.text = value
        if kind == "Alt":
            item.set(_XML_LANGUAGE, "x-default")
    return element
