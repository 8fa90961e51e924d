"""What all drawings share: colors, letters, and how pictures and texts are fitted."""

from __future__ import annotations

from PIL import Image, ImageFont

BACKGROUND, FAINT, FRAME, TEXT = "#fbfaf7", "#e6e2d8", "#b9b4a8", "#3b382f"
MARK = "#00e0ff"  # the frame around what is meant: a color of no colormap


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own letters, which are the same on every machine, `size` px high."""
    return ImageFont.load_default(size=size)


def fit_text(text: str, width: int, size: int) -> str:
    """The text, or as much of its beginning as fits into `width` px, with an ellipsis."""
    letters = font(size)
    if letters.getlength(text) <= width:
        return text
    while text and letters.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def fit_image(image: Image.Image, side: int, *, smooth: bool = True) -> Image.Image:
    """The image as RGB with its longest side `side` px; `smooth` false enlarges with hard pixels."""
    factor = side / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.convert("RGB").resize(size, Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST)
