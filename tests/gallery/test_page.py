from __future__ import annotations

import html.parser
import json
import os
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from dreamer.errors import OutputError
from dreamer.gallery.item import Item
from dreamer.gallery.page import link, page, write_gallery

HOSTILE = [
    "<script>alert(1)<",
    "a'b\"c",
    "x\ny",
    "javascript:alert(1)",
    "50% #1?.x",
    "\u202eevil",
    "-->",
    "emoji 🦊",
    "{{data}}",
]


def picture(path: Path, color: str = "red", size: tuple[int, int] = (60, 40)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path, "PNG")
    return path


class Reader(html.parser.HTMLParser):
    """The scripts, and every address that the page names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.addresses: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.inside = False


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    items = [
        Item(
            picture(tmp_path / "out" / f"{name.replace('/', '')}.png"),
            "still",
            name,
            name,
            recipe=f"title = '{name}</script>'",
        )
        for name in HOSTILE
    ]
    path = tmp_path / "out" / "index.html"
    assert write_gallery(items, path, title="</title><script>alert(2)</script>") == []
    text = path.read_text(encoding="utf-8")
    read = Reader(text)
    assert len(read.scripts) == 2 and "alert(2)" not in "".join(read.scripts)
    entries = json.loads(read.scripts[0])
    assert [each["preset"] for each in entries] == HOSTILE
    assert read.addresses == ["data:,"]
    for entry, item in zip(entries, items, strict=True):
        assert entry["file"].startswith("./") and not set("<>\"'#?:\n ") & set(entry["file"])
        assert (path.parent / unquote(entry["file"])).resolve() == item.path.resolve()
        assert (path.parent / unquote(entry["thumb"])).is_file()


def test_names_that_are_no_text_are_linked_all_the_same(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    try:
        picture(odd)
    except OSError:
        pytest.skip("this file system takes text only")
    write_gallery([Item(odd, "still", "p", odd.name)], tmp_path / "index.html", title="odd")
    assert "caf%E9.png" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_picture_that_cannot_be_shown_is_listed(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    failed = Item(tmp_path / "never.png", "still", "p", "in.png", failed="the file is empty")
    unshown = write_gallery([Item(broken, "still", "p", "in.png"), failed], tmp_path / "index.html", title="t")
    assert [mistake.where for mistake in unshown] == [str(broken)]
    (first, second) = json.loads(Reader((tmp_path / "index.html").read_text()).scripts[0])
    assert first["failed"] == "this is not a picture that can be read" and second["failed"] == "the file is empty"


def test_links_are_relative_and_encoded(tmp_path: Path) -> None:
    assert link(tmp_path / "a b" / "c#d.png", tmp_path) == "./a%20b/c%23d.png"
    assert link(tmp_path / "x.png", tmp_path / "sub") == "./../x.png"


def test_the_policy_allows_the_page_s_own_script_only() -> None:
    text = page([], "t")
    assert "default-src 'none'" in text and "unsafe-inline" not in text and "http" not in text.replace("http-equiv", "")


def test_an_unwritable_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_gallery([], tmp_path / "file" / "index.html", title="t")
