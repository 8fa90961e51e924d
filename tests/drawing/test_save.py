from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from dreamer.drawing.save import save_drawing
from dreamer.errors import OutputError


@pytest.mark.parametrize(("suffix", "form"), [(".png", "PNG"), (".JPG", "JPEG"), (".webp", "WEBP"), (".tif", "TIFF")])
def test_the_suffix_names_the_format(suffix: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / f"a{suffix}"
    save_drawing(Image.new("RGB", (4, 3)), path)
    with Image.open(path) as image:
        assert (image.format, image.size) == (form, (4, 3))


def test_what_cannot_be_saved_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    for name, size in (("a.gif", (4, 3)), ("a", (4, 3)), ("a.webp", (16_384, 1))):
        with pytest.raises(OutputError) as caught:
            save_drawing(Image.new("RGB", size), tmp_path / name)
        assert caught.value.where == str(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_drawing_never_waits_for_torch() -> None:
    modules = ", ".join(
        f"dreamer.drawing.{name}" for name in ("charts", "color_bars", "mosaics", "save", "scatter", "sheets")
    )
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
