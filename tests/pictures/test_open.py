from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from dreamer.errors import PictureError
from dreamer.pictures.open import open_picture, picture_size


def picture(path: Path, size: tuple[int, int] = (5, 3), **options: object) -> Path:
    Image.new("RGB", size).save(path, **options)  # type: ignore[arg-type]
    return path


def test_the_size_is_that_of_the_upright_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert picture_size(picture(tmp_path / "a.png")) == (3, 5)
    assert picture_size(picture(tmp_path / "b.jpg", exif=exif)) == (5, 3)


def test_pillow_s_limit_is_lifted_while_any_thread_reads_and_put_back(tmp_path: Path) -> None:
    path, limit, filters = picture(tmp_path / "a.png"), Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    together = threading.Barrier(4)

    def read(number: int) -> None:
        together.wait()
        with open_picture(path) as (_, image):
            assert Image.MAX_IMAGE_PIXELS is None
            if number:  # the first one leaves while the others are inside
                together_inside.wait()
            image.load()
            assert Image.MAX_IMAGE_PIXELS is None

    together_inside = threading.Barrier(3)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))
    assert limit == Image.MAX_IMAGE_PIXELS and list(warnings.filters) == filters


def test_the_limit_is_put_back_after_a_mistake(tmp_path: Path) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(PictureError), open_picture(tmp_path / "a.png"):
        raise AssertionError("the body must not run")
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(
    ("complaint", "said"),
    [("Failed to decode frame 0", "cut short or damaged"), ("can't allocate memory", "not fit into memory")],
)
def test_what_decoders_say_of_damaged_files_is_named(complaint: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=said), open_picture(picture(tmp_path / "a.png")):
        raise RuntimeError(complaint)
