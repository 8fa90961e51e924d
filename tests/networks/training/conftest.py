from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from dreamer.networks.training import Photographs, read_photographs


def drawing(shape: str, number: int) -> bytes:
    """A colored shape on gray as JPEG bytes; each number has its own place and shade."""
    picture = Image.new("RGB", (56, 48), (100 + number, 110, 120))
    draw, corner = ImageDraw.Draw(picture), 6 + number % 9
    box = (corner, corner, corner + 26, corner + 26)
    if shape == "disc":
        draw.ellipse(box, (220, 40, 40 + number))
    elif shape == "square":
        draw.rectangle(box, (40, 200, 60 + number))
    else:
        draw.line((corner, 44, 50, corner), (40, 60, 220), 7)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two classes in folders, one in a tar, and a broken file."""
    folder = tmp_path_factory.mktemp("shapes")
    for shape in ("disc", "square"):
        (folder / shape).mkdir()
        for number in range(40):
            (folder / shape / f"{number}.jpg").write_bytes(drawing(shape, number))
    (folder / "disc" / "broken.jpg").write_bytes(b"no picture")
    with tarfile.open(folder / "lines.tar", "w") as archive:
        for number in range(30):
            data = drawing("line", number)
            member = tarfile.TarInfo(f"line/{number}.jpg")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return [folder, folder / "lines.tar"]


@pytest.fixture(scope="module")
def photographs(sources: list[Path]) -> Photographs:
    return read_photographs(sources, side=36)
