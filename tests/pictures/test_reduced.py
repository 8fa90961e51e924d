"""Large pictures for small purposes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamer.errors import PictureError
from dreamer.pictures import read_picture, reduced
from dreamer.pictures.open import open_picture
from dreamer.pictures.reduced import BUDGET, load_reduced, room_to_decode

ROOT = Path(__file__).resolve().parents[2]
GIB = 2**30
MEASURED = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import torch
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
paths = [Path(name) for name in sys.argv[2:]]
if sys.argv[1] == "gallery":
    from dreamer.gallery.thumbnails import make_thumbnail
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda path: make_thumbnail(path, Path("small"), 480), paths))
else:
    from dreamer.inspection.photos import read_photo
    made = [read_photo(path, size=224).size == (224, 224) for path in paths]
assert all(made)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "1"])
def test_a_picture_is_read_small_and_alike(mode: str, name: str, tmp_path: Path) -> None:
    if name == "a.jpg" and mode not in ("L", "RGB"):
        pytest.skip("JPEG has no such mode")
    smooth = np.linspace(0, 255, 600, dtype=np.uint8)[None].repeat(400, 0)
    image = Image.fromarray(smooth).convert("RGB").convert(mode)
    image.save(tmp_path / name, **({"lossless": True} if name == "a.webp" else {}))
    small, whole = read_picture(tmp_path / name, fit=100), read_picture(tmp_path / name)
    assert small.digest == whole.digest and 200 <= small.pixels.shape[2] <= 300
    if mode not in ("1", "P"):  # which are dithered
        alike = torch.nn.functional.interpolate(whole.pixels[None], size=small.pixels.shape[1:], mode="area")[0]
        assert (small.pixels - alike).abs().max() < 0.03


def test_orientation_and_profile_are_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (800, 400), "red").save(tmp_path / "a.png", exif=exif)
    assert read_picture(tmp_path / "a.png", fit=100).pixels.shape == (3, 200, 100)


def test_small_pictures_are_left_as_they_are(tmp_path: Path) -> None:
    Image.new("RGB", (399, 10)).save(tmp_path / "a.png")
    with open_picture(tmp_path / "a.png") as (_, image):
        assert load_reduced(image, tmp_path / "a.png", 100).size == (399, 10)


def test_only_as_many_are_decoded_at_once_as_the_budget_holds() -> None:
    half, huge = BUDGET // 2, BUDGET + 1
    order: list[str] = []

    def decode(pixels: int, name: str) -> None:
        with room_to_decode(pixels):
            order.append(name)

    with room_to_decode(half):
        second = threading.Thread(target=decode, args=(half, "half"))
        waiting = threading.Thread(target=decode, args=(huge, "huge"))
        second.start()
        second.join(5)
        waiting.start()
        time.sleep(0.05)
        assert order == ["half"]
    waiting.join(5)
    assert order == ["half", "huge"]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux does")
@pytest.mark.slow
def test_huge_pictures_take_little_memory(tmp_path: Path) -> None:
    Image.new("RGB", (14_000, 14_000), "teal").save(tmp_path / "0.png", compress_level=1)
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for path in paths[1:]:
        shutil.copy(paths[0], path)
    for tool in ("gallery", "embed"):
        line = [sys.executable, "-c", MEASURED, tool, *map(str, paths)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        taken = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
        assert int(taken) < 0.25 * GIB, f"{tool}: {int(taken) / GIB:.1f} GiB"


@pytest.mark.parametrize(("name", "options"), [("a.png", {}), ("a.tif", {}), ("a.jpg", {"progressive": True})])
def test_what_would_be_decoded_whole_and_is_too_large_is_refused_with_its_size(
    name: str, options: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reduced, "BUDGET", 1_000_000)
    monkeypatch.setattr(reduced, "LARGEST", 2_000_000)
    image = Image.new("RGB", (1300, 1000), "teal")
    image.save(tmp_path / name, **options)
    if name == "a.png":  # is read in strips
        assert read_picture(tmp_path / name, fit=100).pixels.shape == (3, 167, 217)
        image = Image.new("RGB", (2100, 1000), "teal")
        image.save(tmp_path / name)
    size = (
        "2100 x 1000 px are 2.1 megapixels, over the limit of 2"
        if name == "a.png"
        else "1.3 megapixels, over the limit of 1"
    )
    with pytest.raises(PictureError, match=size):
        read_picture(tmp_path / name, fit=100)
