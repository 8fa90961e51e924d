from __future__ import annotations

from pathlib import Path

import pytest

from dreamer.errors import OutputError
from dreamer.pictures.names import (
    frames_folder,
    is_picture_name,
    is_side_folder,
    natural_order,
    output_format,
    page_folder,
    require_writer,
)


def test_names_of_pictures_end_in_a_suffix_and_are_not_hidden() -> None:
    assert is_picture_name("a.HEIC") and is_picture_name("b/img2.PNG")
    assert not is_picture_name("a.txt") and not is_picture_name(".hidden.png")


def test_the_suffix_names_the_format() -> None:
    assert [output_format(f"a{suffix}") for suffix in (".png", ".JPEG", ".webp", ".tiff")] == [
        "PNG", "JPEG", "WEBP", "TIFF"
    ]  # fmt: skip
    for name, said in (("a.jpgg", r"\.jpg"), ("a", "no suffix")):
        with pytest.raises(OutputError, match=said):
            output_format(name)


def test_openexr_is_refused_before_any_work_where_its_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreamer.pictures.names._has_openexr", lambda: False)
    require_writer(Path("a.png"))
    with pytest.raises(OutputError, match=r"pip install 'dreamer\[exr\]'"):
        require_writer(Path("a.exr"))


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
