from __future__ import annotations

import numpy as np

from dreamer.drawing.mosaics import mosaic


def test_pictures_stand_in_rows_with_gaps() -> None:
    pictures = np.zeros((5, 2, 3, 3))
    pictures[4, 0, 0] = 1, 0, 0
    image = mosaic(pictures, columns=3, zoom=4, gap=1)
    assert image.size == (3 * 13 - 1, 2 * 9 - 1)
    assert image.getpixel((13, 9)) == (255, 0, 0) and image.getpixel((16, 12)) == (255, 0, 0)
    assert image.getpixel((17, 9)) == (0, 0, 0) and image.getpixel((12, 0)) == (251, 250, 247)


def test_it_is_about_square_and_marks_what_is_chosen() -> None:
    plain, marked = mosaic(np.zeros((9, 8, 8, 3)), gap=2), mosaic(np.zeros((9, 8, 8, 3)), gap=2, marked=[4])
    assert plain.size == marked.size == (28, 28)
    differing = np.argwhere((np.array(plain) != np.array(marked)).any(-1))
    assert differing.min(0).tolist() == [10, 10] and differing.max(0).tolist() == [17, 17]
