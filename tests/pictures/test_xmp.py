from __future__ import annotations

import pytest

from dreamer.pictures.xmp import (
    AUTHOR,
    HEADLINE,
    KEYWORDS,
    TITLE,
    BrokenXmp,
    build_xmp,
    safe_properties,
    upright,
    with_texts,
)

PACKET = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
   xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
   xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
   aux:SerialNumber="77" aux:Lens="50 mm" exif:GPSLatitude="48,8N" photoshop:City="Munich" tiff:Orientation="6">
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Snow fox</rdf:li></rdf:Alt></dc:title>
  <tiff:Orientation>8</tiff:Orientation>
 </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def test_only_what_is_listed_is_passed_on() -> None:
    made = build_xmp(safe_properties(PACKET))
    assert b"Snow fox" in made and b"50 mm" in made
    assert not any(word in made for word in (b"77", b"48,8N", b"Munich", b"Orientation"))
    assert [each.tag for each in safe_properties(made)] == [each.tag for each in safe_properties(PACKET)]


def test_texts_are_added_where_there_is_no_such_property() -> None:
    texts = {TITLE: ["another"], KEYWORDS: ["fox", "snow"], AUTHOR: ["Ann\x00\x07"], HEADLINE: ["News"]}
    made = build_xmp(with_texts(safe_properties(PACKET), texts))
    assert b"another" not in made
    assert b"<rdf:li>fox</rdf:li><rdf:li>snow</rdf:li>" in made and b">Ann<" in made and b">News<" in made


def test_no_properties_make_no_packet() -> None:
    assert build_xmp([]) == b""


def test_the_turn_of_a_packet_is_taken_out() -> None:
    assert upright(PACKET).count(b'Orientation="1"') == upright(PACKET).count(b"Orientation>1") == 1


@pytest.mark.parametrize(
    "packet",
    [b"<x", b"\xff\xfe<\0x\0", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>" * 100, b"<a/>" + bytes(5 << 20)],
)
def test_broken_packets_are_refused(packet: bytes) -> None:
    with pytest.raises(BrokenXmp):
        safe_properties(packet)
