from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from dreamer.pictures.gray import from_gray


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("I;16", [0, 32768, 65535], [0, 32768 / 65535, 1]),
        ("I", [0, 1000, 65535], [0, 1000 / 65535, 1]),
        ("I", [0, 1 << 20, 1 << 21], [0, 0.5, 1]),
        ("F", [0, 0.5, 1], [0, 0.5, 1]),
        ("F", [0, 0.5, 16], [0, 0.5, 1]),
        ("F", [0, 51, 255], [0, 0.2, 1]),
        ("F", [0, 13107, 65535], [0, 0.2, 1]),
        ("F", [0, 50_000, 100_000], [0, 0.5, 1]),
        ("F", [-3, float("nan"), float("inf")], [0, 0, 1]),
    ],
)
def test_deep_gray_is_spread_from_black_to_white(mode: str, values: list[float], expected: list[float]) -> None:
    kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    image = Image.fromarray(np.array([values], kind))
    assert image.mode == mode
    pixels = from_gray(image)
    assert pixels.shape == (3, 1, 3) and torch.allclose(
        pixels[:, 0], torch.tensor(expected).float().expand(3, 3), atol=1e-5
    )
