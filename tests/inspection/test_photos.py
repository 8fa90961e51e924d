from __future__ import annotations

from pathlib import Path

import torch

from dreamer.inspection.photos import read_photo
from dreamer.pictures import write_picture


def test_large_photos_are_scaled_down_and_small_ones_are_not(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.rand(3, 40, 60))
    assert read_photo(tmp_path / "a.png", size=30).size == (20, 30)
    photo = read_photo(tmp_path / "a.png", size=100)
    assert photo.size == (40, 60) and photo.name == "a.png" and photo.image().size == (60, 40)
