"""The gallery: one HTML page that needs no server, with its small pictures in a folder beside it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from dreamer.atomic import atomic_write
from dreamer.errors import DreamerError, FilmError, PictureError
from dreamer.film.codecs import is_film
from dreamer.gallery.item import Item
from dreamer.gallery.thumbnails import PREVIEW, THUMBNAIL, make_thumbnail
from dreamer.pictures.names import page_folder
from dreamer.texts import printable


def write_gallery(items: Sequence[Item], path: Path, *, title: str) -> list[DreamerError]:
    """Write the page of `items` to `path` and their small pictures to a folder of its name beside it.

    Returns what is wrong with files that could not be shown. Raises OutputError where nothing can be written.
    """
    folder = page_folder(path)
    with ThreadPoolExecutor() as pool:
        shown = list(pool.map(lambda item: _entry(item, path.parent, folder), items))
    with atomic_write(path, "w") as file:
        file.write(page([entry for entry, _ in shown], title))
    return [mistake for _, mistakes in shown for mistake in mistakes]


def _entry(item: Item, root: Path, folder: Path) -> tuple[dict[str, object], list[DreamerError]]:
    """What the page says of an item, and why something of it cannot be shown, if so."""
    mistakes = [] if item.unread is None else [item.unread]
    thumbnail = None if item.failed or mistakes else _thumbnail(item.path, folder, THUMBNAIL, mistakes)
    failed = item.failed or (mistakes[0].what if mistakes else "")
    before = _thumbnail(item.before, folder, PREVIEW, mistakes) if item.before is not None and thumbnail else None
    entry: dict[str, object] = {
        "name": printable(item.path.stem),
        "file": "" if item.failed else link(item.path, root),
        "thumb": f"{quote(folder.name)}/{thumbnail}" if thumbnail else "",
        "before": f"{quote(folder.name)}/{before}" if before else "",
        "kind": item.kind,
        "video": is_film(item.path),
        "preset": printable(item.preset),
        "input": printable(item.input),
        "network": printable(item.network),
        "seed": item.seed,
        "width": item.width,
        "height": item.height,
        "time": round(item.time, 3),
        "recipe": printable(item.recipe),
        "failed": printable(failed),
    }
    return entry, mistakes


def _thumbnail(path: Path, folder: Path, side: int, mistakes: list[DreamerError]) -> str | None:
    """The name of a small version; None where there can be none, and then `mistakes` has why."""
    try:
        return make_thumbnail(path, folder, side)
    except (PictureError, FilmError) as error:
        mistakes.append(error)
        return None


def link(path: Path, root: Path) -> str:
    """A relative link from a page in `root` to a file, percent-encoded, whatever its name."""
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(root))
    # "./" keeps a name such as "javascript:..." from being taken for an address.
    return "./" + quote(os.fsencode(relative.replace(os.sep, "/")), safe="/")


def page(entries: Sequence[dict[str, object]], title: str) -> str:
    """The whole page for entries as `_entry` makes them."""
    parts = {name: (files("dreamer.gallery") / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")}
    # Inside a script element nothing may look like its end, or like the beginning of a comment.
    data = json.dumps(list(entries), ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    policy = (
        "default-src 'none'; img-src 'self' file: data:; media-src 'self' file:; "
        f"style-src '{_digest(parts['page.css'])}'; script-src '{_digest(parts['page.js'])}'; base-uri 'none'; "
        "form-action 'none'"
    )
    values = {
        "policy": policy,
        "title": html.escape(printable(title)),
        "style": parts["page.css"],
        "script": parts["page.js"],
        "data": data,
    }
    template = (files("dreamer.gallery") / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: values[mark[1]], template)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
