from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dreamer.errors import PictureError
from dreamer.pictures import read_recipe
from dreamer.pictures.exif import ASCII, Exif, Value, build_exif
from dreamer.pictures.recipes import with_recipe

RECIPES = ('{"dreamer":"1"}', '{"dreamer":"1","title":"Träume — 夢"}')


def block(exif: Exif) -> bytes:
    return b"Exif\0\0" + build_exif(exif)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_comment_of_exif_is_read_back_in_either_byte_order(order: str, recipe: str, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg", exif=block(with_recipe(Exif(order), recipe)))
    assert read_recipe(tmp_path / "a.jpg") == recipe


def test_a_comment_of_a_gif_is_read_where_it_is_a_recipe(tmp_path: Path) -> None:
    for name, comment in (("ours.gif", RECIPES[0]), ("theirs.gif", "made with love")):
        Image.new("RGB", (4, 4)).save(tmp_path / name, comment=comment.encode())
    assert read_recipe(tmp_path / "ours.gif") == RECIPES[0]
    assert read_recipe(tmp_path / "theirs.gif") is None


def test_foreign_pictures_have_no_recipe(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    text = PngInfo()
    text.add_itxt("comment", RECIPES[0])
    Image.new("RGB", (4, 4)).save(tmp_path / "text.png", pnginfo=text)
    camera = with_recipe(Exif(), "a holiday").with_main(software=Value(ASCII, b"Camera 1.0\0"))
    Image.new("RGB", (4, 4)).save(tmp_path / "camera.jpg", exif=block(camera))
    for name in ("plain.png", "text.png", "camera.jpg"):
        assert read_recipe(tmp_path / name) is None
    with pytest.raises(PictureError, match=r"missing\.png"):
        read_recipe(tmp_path / "missing.png")
