from __future__ import annotations

from PIL import Image

from dreamer.drawing.style import fit_image, fit_text, font


def test_texts_are_cut_to_their_width() -> None:
    assert fit_text("short", 200, 12) == "short"
    cut = fit_text("a very long name indeed", 60, 12)
    assert cut.endswith("…") and len(cut) < 15 and font(12).getlength(cut) <= 60


def test_images_are_fitted_by_their_longest_side() -> None:
    assert fit_image(Image.new("L", (200, 100)), 50).size == (50, 25)
    assert fit_image(Image.new("P", (100, 1000)), 5).size == (1, 5)
    assert fit_image(Image.new("L", (2, 2)), 8).mode == "RGB"


def test_weights_are_enlarged_with_hard_pixels() -> None:
    image = Image.frombytes("L", (2, 1), bytes([0, 255]))
    hard = fit_image(image, 8, smooth=False)
    assert {color for _, color in hard.getcolors() or []} == {(0, 0, 0), (255, 255, 255)}
    assert len(fit_image(image, 8).getcolors() or []) > 2
