from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageCms

from dreamer.errors import OutputError
from dreamer.pictures import read_picture, read_recipe, write_picture

SUFFIXES = (".png", ".jpg", ".webp", ".tif")
RECIPES = ('{"seed":7}', '{"title":"Träume — 夢"}')


def profile_name(data: bytes) -> str:
    return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(data)))


@pytest.fixture
def pixels() -> torch.Tensor:
    rows = torch.linspace(0, 1, 40).view(1, -1, 1)
    return torch.cat([rows.expand(1, 40, 50), 1 - rows.expand(1, 40, 50), torch.full((1, 40, 50), 0.3)])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_pixels_profile_and_recipe_survive(suffix: str, recipe: str, pixels: torch.Tensor, tmp_path: Path) -> None:
    path = tmp_path / "new" / f"a{suffix}"
    write_picture(path, pixels, recipe=recipe)
    assert torch.allclose(read_picture(path).pixels, pixels, atol=0.003 if suffix in (".png", ".tif") else 0.04)
    assert read_recipe(path) == recipe
    with Image.open(path) as image:
        assert "sRGB" in profile_name(image.info["icc_profile"])
        assert 0x8825 not in image.getexif()
    first = path.read_bytes()
    write_picture(path, pixels, recipe=recipe)
    assert path.read_bytes() == first
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_alpha_is_kept_where_there_is_room(suffix: str, pixels: torch.Tensor, tmp_path: Path) -> None:
    alpha = torch.zeros(1, 40, 50)
    alpha[..., 25:] = 1
    write_picture(tmp_path / f"a{suffix}", pixels, alpha=alpha)
    found = read_picture(tmp_path / f"a{suffix}").alpha
    assert found is None if suffix == ".jpg" else torch.equal(found, alpha)  # type: ignore[arg-type]


def test_jpeg_keeps_all_of_its_color(pixels: torch.Tensor, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.jpg", pixels)
    with Image.open(tmp_path / "a.jpg") as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}


def test_what_cannot_be_written_is_named(pixels: torch.Tensor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for name, said in (("file/a.png", "file"), ("a.jpgg", r"\.jpg"), ("a", r"\.png")):
        with pytest.raises(OutputError, match=said):
            write_picture(tmp_path / name, pixels)
    with pytest.raises(OutputError, match="16383"):
        write_picture(tmp_path / "a.webp", torch.zeros(3, 1, 16_384))
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
