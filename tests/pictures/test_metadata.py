"""Metadata from photo to dream, tag by tag, written and read by exiv2."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dreamer.pictures import FileSettings, read_picture, read_recipe, write_picture
from dreamer.pictures.metadata import Metadata, fitting_segments, kept_metadata

RECIPE = '{"dreamer":"1","title":"Träume"}'
SUFFIXES = (".jpg", ".png", ".webp", ".tif")
KEPT_EXIF = {
    "Exif.Image.Make": "Fuchs",
    "Exif.Image.Model": "F 1",
    "Exif.Image.Artist": "Ann Lee",
    "Exif.Image.Copyright": "2019 Ann Lee",
    "Exif.Image.ImageDescription": "A fox in snow",
    "Exif.Image.DateTime": "2019:05:04 03:02:01",
    "Exif.Photo.DateTimeOriginal": "2019:05:04 03:02:01",
    "Exif.Photo.OffsetTimeOriginal": "+02:00",
    "Exif.Photo.SubSecTimeOriginal": "17",
    "Exif.Photo.ExposureTime": "1/250",
    "Exif.Photo.FNumber": "28/10",
    "Exif.Photo.ISOSpeedRatings": "400",
    "Exif.Photo.LensModel": "50 mm",
}
PRIVATE_EXIF = {
    "Exif.GPSInfo.GPSLatitude": "48/1 8/1 0/1",
    "Exif.GPSInfo.GPSLatitudeRef": "N",
    "Exif.Photo.BodySerialNumber": "12345",
    "Exif.Photo.LensSerialNumber": "678",
    "Exif.Photo.CameraOwnerName": "Bob",
    "Exif.Photo.ImageUniqueID": "abc",
    "Exif.Photo.MakerNote": "1 2 3 4 5 6 7 8 9",
}
KEPT_IPTC: dict[str, Any] = {
    "Iptc.Application2.ObjectName": "Snow fox",
    "Iptc.Application2.Keywords": ["fox", "snow"],
    "Iptc.Application2.Byline": ["Ann Lee"],
    "Iptc.Application2.Copyright": "2019 Ann Lee",
    "Iptc.Application2.Caption": "A fox in snow",
}
PRIVATE_IPTC = {"Iptc.Application2.City": "Munich", "Iptc.Application2.CountryName": "Germany"}
KEPT_XMP: dict[str, Any] = {
    "Xmp.dc.title": {'lang="x-default"': "Snow fox"},
    "Xmp.dc.creator": ["Ann Lee"],
    "Xmp.dc.subject": ["fox", "snow"],
    "Xmp.dc.rights": {'lang="x-default"': "2019 Ann Lee"},
    "Xmp.xmp.Rating": "4",
    "Xmp.photoshop.DateCreated": "2019-05-04",
}
PRIVATE_XMP: dict[str, Any] = {
    "Xmp.exif.GPSLatitude": "48,8N",
    "Xmp.aux.SerialNumber": "77",
    "Xmp.aux.OwnerName": "Bob",
    "Xmp.photoshop.City": "Munich",
    "Xmp.xmpRights.Owner": ["Bob"],
    "Xmp.xmpMM.DocumentID": "xyz",
}


SMALL = b"\xff\xd8\xff\xdb" + bytes(40) + b"\xff\xd9"


def tags(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    import pyexiv2

    with pyexiv2.Image(str(path)) as image:
        return image.read_exif(), image.read_iptc(), image.read_xmp()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A turned photo full of metadata, as exiv2 writes them."""
    import pyexiv2

    path = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 20), (200, 90, 40)).save(path, quality=95)
    with pyexiv2.Image(str(path)) as image:
        image.modify_exif(
            {**KEPT_EXIF, **PRIVATE_EXIF, "Exif.Image.Orientation": "6", "Exif.Photo.PixelXDimension": "40"}
        )
        image.modify_iptc({**KEPT_IPTC, **PRIVATE_IPTC})
        image.modify_xmp({**KEPT_XMP, **PRIVATE_XMP, "Xmp.tiff.Orientation": "6"})
        image.modify_thumbnail(SMALL)
    return path


def dreamt(photo: Path, output: Path, **settings: object) -> tuple[str, ...]:
    """The photo written again, with another size and the recipe."""
    picture = read_picture(photo)
    pixels = picture.pixels[:, ::2, ::2]
    files = FileSettings.model_validate(settings)
    return write_picture(output, pixels, recipe=RECIPE, origin=picture.origin, file_settings=files)


def held(expected: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in expected if key in found}


@pytest.mark.formats
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_safe_keeps_date_camera_author_and_keywords_and_nothing_private(suffix: str, photo: Path) -> None:
    output = photo.with_name(f"dream{suffix}")
    assert dreamt(photo, output) == ()
    exif, iptc, xmp = tags(output)
    assert held(KEPT_EXIF, exif) == KEPT_EXIF
    assert held(KEPT_XMP, xmp) == KEPT_XMP
    assert held(KEPT_IPTC, iptc) == (KEPT_IPTC if suffix in (".jpg", ".tif") else {})
    assert not held(PRIVATE_EXIF, exif) and not held(PRIVATE_IPTC, iptc) and not held(PRIVATE_XMP, xmp)
    assert not any("GPS" in key or "Serial" in key or "Thumbnail" in key for key in (*exif, *xmp))
    assert not any(word in output.read_bytes() for word in (b"Munich", b"12345", b"Bob\0", SMALL))
    assert exif.get("Exif.Image.Orientation", "1") == "1" and "Xmp.tiff.Orientation" not in xmp
    if suffix != ".png":  # whose recipe is a text of its own
        assert exif["Exif.Image.Software"] == "dreamer"
    assert read_recipe(output) == RECIPE
    assert read_picture(output).pixels.shape == (3, 20, 10)


@pytest.mark.formats
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_keeps_everything_but_the_turn(suffix: str, photo: Path) -> None:
    output = photo.with_name(f"dream{suffix}")
    assert dreamt(photo, output, metadata="all") == ()
    exif, iptc, xmp = tags(output)
    expected = {**KEPT_EXIF, **PRIVATE_EXIF}
    assert {key: value.strip() for key, value in held(expected, exif).items()} == expected
    assert held({**KEPT_XMP, **PRIVATE_XMP}, xmp) == {**KEPT_XMP, **PRIVATE_XMP}
    if suffix in (".jpg", ".tif"):
        assert held({**KEPT_IPTC, **PRIVATE_IPTC}, iptc) == {**KEPT_IPTC, **PRIVATE_IPTC}
    assert exif["Exif.Image.Orientation"] == xmp["Xmp.tiff.Orientation"] == "1"
    assert exif["Exif.Photo.PixelXDimension"] == "10"
    assert (SMALL in output.read_bytes()) == (suffix != ".tif")  # where it would be a second page
    assert read_recipe(output) == RECIPE


@pytest.mark.formats
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_none_keeps_the_recipe_alone(suffix: str, photo: Path) -> None:
    output = photo.with_name(f"dream{suffix}")
    dreamt(photo, output, metadata="none")
    exif, iptc, xmp = tags(output)
    assert not iptc and not xmp
    assert not held({**KEPT_EXIF, **PRIVATE_EXIF}, exif)
    assert read_recipe(output) == RECIPE


@pytest.mark.formats
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_metadata_go_on_from_every_format(suffix: str, photo: Path) -> None:
    between, output = photo.with_name(f"between{suffix}"), photo.with_name("dream.jpg")
    dreamt(photo, between)
    dreamt(between, output)
    exif, _, xmp = tags(output)
    assert held(KEPT_EXIF, exif) == KEPT_EXIF and held(KEPT_XMP, xmp) == KEPT_XMP
    assert read_recipe(output) == RECIPE


@pytest.mark.formats
def test_a_deep_png_keeps_them_too(photo: Path) -> None:
    output = photo.with_name("deep.png")
    dreamt(photo, output, depth=16)
    exif, _, xmp = tags(output)
    assert held(KEPT_EXIF, exif) == KEPT_EXIF and held(KEPT_XMP, xmp) == KEPT_XMP
    assert read_recipe(output) == RECIPE


@pytest.mark.formats
def test_iptc_alone_becomes_xmp_where_the_format_has_no_iptc(tmp_path: Path) -> None:
    import pyexiv2

    path = tmp_path / "photo.jpg"
    Image.new("RGB", (8, 8)).save(path)
    with pyexiv2.Image(str(path)) as image:
        image.modify_iptc(KEPT_IPTC)
    dreamt(path, tmp_path / "dream.png")
    xmp = tags(tmp_path / "dream.png")[2]
    assert xmp["Xmp.dc.subject"] == ["fox", "snow"] and xmp["Xmp.dc.creator"] == ["Ann Lee"]


def test_a_dream_of_a_dream_has_its_own_recipe_or_none(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.jpg", torch.rand(3, 8, 8), recipe=RECIPE)
    picture = read_picture(tmp_path / "a.jpg")
    for level in ("safe", "all"):
        files = FileSettings(metadata=level)
        write_picture(tmp_path / "b.jpg", picture.pixels, origin=picture.origin, file_settings=files)
        assert read_recipe(tmp_path / "b.jpg") is None


@pytest.mark.opencv
@pytest.mark.parametrize("depth", [8, 16])
def test_tiffs_take_the_byte_order_of_their_photo_s_metadata(depth: Literal[8, 16], tmp_path: Path) -> None:
    import cv2

    from dreamer.pictures.exif import Exif, build_exif
    from dreamer.pictures.origin import Origin

    pixels = torch.rand(3, 70, 20, generator=torch.Generator().manual_seed(0))
    block = build_exif(Exif(">").with_main(orientation=Exif(">").short(6)))
    origin = Origin(metadata=Metadata(block))
    write_picture(tmp_path / "a.tif", pixels, origin=origin, file_settings=FileSettings(metadata="all", depth=depth))
    assert (tmp_path / "a.tif").read_bytes()[:2] == b"MM"
    values = cv2.imread(str(tmp_path / "a.tif"), cv2.IMREAD_UNCHANGED)
    assert values is not None
    white = 2**depth - 1
    assert np.array_equal(values[..., ::-1], (pixels * white).round().permute(1, 2, 0).numpy())
    assert torch.allclose(read_picture(tmp_path / "a.tif").pixels, pixels, atol=1 / white)


def test_plain_texts_of_a_png_become_xmp(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_text("Title", "Snow fox")
    text.add_text("Comment", "private")
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.png", pnginfo=text)
    dreamt(tmp_path / "photo.png", tmp_path / "dream.jpg")
    data = (tmp_path / "dream.jpg").read_bytes()
    assert b"Snow fox" in data and b"private" not in data


def test_the_blocks_of_photoshop_s_own_files_are_kept(tmp_path: Path) -> None:
    from dreamer.pictures.exif import ASCII, Exif, Value, build_exif
    from dreamer.pictures.iptc import build_iptc

    blocks = {1028: build_iptc([(2, 5, b"Snow fox")]), 1058: build_exif(Exif(main={0x010F: Value(ASCII, b"Fuchs\0")}))}
    resources = b"".join(
        b"8BIM" + struct.pack(">HHI", number, 0, len(block)) + block + bytes(len(block) % 2)
        for number, block in blocks.items()
    )
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 8, 8, 8, 3) + bytes(4)
    body = struct.pack(">I", len(resources)) + resources + bytes(4) + struct.pack(">H", 0) + bytes(192)
    (tmp_path / "a.psd").write_bytes(head + body)
    dreamt(tmp_path / "a.psd", tmp_path / "b.png")
    data = (tmp_path / "b.png").read_bytes()
    assert b"Fuchs" in data and b"Snow fox" in data


def test_broken_blocks_are_told_and_the_others_kept() -> None:
    kept = kept_metadata(Metadata(b"II*\0nonsense", b"nothing", b"<x", {"Title": "Snow fox"}), "safe", (8, 8))
    assert [note.split(" is damaged")[0] for note in kept.notes] == ["its EXIF", "its IPTC", "its XMP"]
    assert b"Snow fox" in kept.xmp
    assert kept_metadata(Metadata(b"II*\0nonsense"), "all", (8, 8)).exif.main == {}
    assert kept_metadata(Metadata(b"II*\0nonsense"), "none", (8, 8)).notes == ()


@pytest.mark.parametrize("suffix", (".jpg", ".png", ".webp"))
def test_broken_blocks_do_not_cost_the_picture(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.new("RGB", (8, 8)).save(path, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(30))
    (note,) = dreamt(path, tmp_path / "dream.png")
    assert note.startswith("its EXIF is damaged")


def test_a_damaged_chunk_of_a_png_that_is_no_pixels_does_not_cost_the_picture(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_text("Title", "Snow fox")
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png", pnginfo=text)
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data.replace(b"Snow fox", b"Snow wolf"[:8]))
    assert torch.equal(read_picture(tmp_path / "a.png").pixels[:, 0, 0], torch.tensor([1.0, 0, 0]))


def test_what_is_too_long_for_a_jpeg_is_left_out_and_told() -> None:
    from dreamer.pictures.exif import ASCII, MAKER_NOTE, UNDEFINED, Exif, Value, build_exif

    camera = {0x010F: Value(ASCII, b"Fuchs\0")}
    long = Exif(main=camera, photo={MAKER_NOTE: Value(UNDEFINED, bytes(70_000))})
    fitting = fitting_segments(kept_metadata(Metadata(build_exif(long)), "all", (8, 8)), None)
    assert fitting.exif.main == camera and MAKER_NOTE not in fitting.exif.photo
    assert "too long" in fitting.notes[0]
    longest = Exif(main={0x010E: Value(ASCII, bytes(65_300))})
    kept = kept_metadata(Metadata(build_exif(longest)), "all", (8, 8))
    assert fitting_segments(kept, None).exif.main == longest.main
    with_recipe = fitting_segments(kept, "r" * 1000)
    assert with_recipe.exif.main == {} and "left out" in with_recipe.notes[0]
