from __future__ import annotations

from pathlib import Path

import pytest

from dreamer.errors import OutputError, PictureError
from dreamer.pictures.names import (
    find_pictures,
    frames_folder,
    is_picture_name,
    is_side_folder,
    natural_order,
    output_format,
    page_folder,
)


def test_pictures_of_a_folder_are_found_in_natural_order(tmp_path: Path) -> None:
    for name in ("img10.png", "img2.PNG", "Img1.jpg", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in find_pictures(tmp_path)] == ["Img1.jpg", "img2.PNG", "img10.png"]
    assert is_picture_name("a.HEIC") and not is_picture_name("a.txt")
    with pytest.raises(PictureError):
        find_pictures(tmp_path / "absent")


def test_the_suffix_names_the_format() -> None:
    assert [output_format(f"a{suffix}") for suffix in (".png", ".JPEG", ".webp", ".tiff")] == [
        "PNG", "JPEG", "WEBP", "TIFF"
    ]  # fmt: skip
    for name, said in (("a.jpgg", r"\.jpg"), ("a", "no suffix")):
        with pytest.raises(OutputError, match=said):
            output_format(name)


def test_runs_of_digits_are_compared_as_numbers() -> None:
    names = ["img2.png", "IMG10.png", "img01.png", "img1.png", "2.png", "a.png"]
    ordered = sorted(map(Path, names), key=natural_order)
    assert [path.name for path in ordered] == ["2.png", "a.png", "img01.png", "img1.png", "img2.png", "IMG10.png"]


def test_side_folders_hold_no_pictures_of_their_own() -> None:
    assert page_folder(Path("out/index.html")) == Path("out/index_files")
    assert is_side_folder(page_folder(Path("index.html")).name, ["index.html"])
    assert not is_side_folder("index_files", ["photo.png"])
    assert is_side_folder(frames_folder(Path("film.mp4")).name, [])
    assert is_side_folder(".dreamer", []) and not is_side_folder("holiday", ["holiday.html"])
