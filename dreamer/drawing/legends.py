"""Groups told apart by color and shape, and the legend that names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw

from dreamer.drawing.style import BACKGROUND, TEXT, fit_text, font

Shape = Literal["circle", "square", "triangle"]
# The first ones are told apart by color-blind people, too (Okabe & Ito 2008); the others are darker or stronger.
_COLORS = (
    "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800",
    "#7a2ea0", "#8c4a1f", "#d1104a", "#2f3b8f", "#6b8e23",
)  # fmt: skip
_SHAPES: tuple[Shape, ...] = ("circle", "square", "triangle")
WIDTH, ROW, _RADIUS, _LETTERS = 250, 20, 6, 12
_FINE = 4


@dataclass(frozen=True)
class Marker:
    """How the members of a group are drawn."""

    color: str
    shape: Shape = "circle"


OTHERS = Marker("#b9b4a8")


def markers(groups: Sequence[str]) -> dict[str, Marker]:
    """A marker for each group, the largest groups first; from the 37th on they share `OTHERS`.

    `groups`: the group of each member.
    """
    names = [name for name, _ in Counter(sorted(groups)).most_common()]
    known = [Marker(color, shape) for shape in _SHAPES for color in _COLORS]
    return {name: known[number] if number < len(known) else OTHERS for number, name in enumerate(names)}


def draw_marker(image: Image.Image, marker: Marker, x: float, y: float, radius: int = _RADIUS) -> None:
    """A marker around (x, y) in px with a thin light edge; drawn large and reduced, so that it is smooth."""
    for color, size in (("white", radius + 1), (marker.color, radius)):
        side = 2 * size + 2
        mask = Image.new("L", (side * _FINE, side * _FINE))
        _fill(ImageDraw.Draw(mask), marker.shape, side * _FINE / 2, size * _FINE)
        image.paste(color, (round(x - side / 2), round(y - side / 2)), mask.resize((side, side), Image.Resampling.BOX))


def _fill(draw: ImageDraw.ImageDraw, shape: Shape, middle: float, radius: float) -> None:
    box = (middle - radius, middle - radius, middle + radius, middle + radius)
    if shape == "circle":
        draw.ellipse(box, fill=255)
    elif shape == "square":
        draw.rectangle(box, fill=255)
    else:
        draw.polygon([(middle, box[1]), (box[2], box[3]), (box[0], box[3])], fill=255)


def legend(groups: Sequence[str], title: str) -> Image.Image:
    """The groups with their markers and numbers of members below a title; RGB, 250 px wide."""
    counts, known = Counter(groups), markers(groups)
    rows = [(marker, name, counts[name]) for name, marker in known.items() if marker != OTHERS]
    if left := [name for name, marker in known.items() if marker == OTHERS]:
        rows.append((OTHERS, f"{len(left)} others", sum(counts[name] for name in left)))
    image = Image.new("RGB", (WIDTH, (len(rows) + 1) * ROW), BACKGROUND)
    draw = ImageDraw.Draw(image)
    draw.text((0, 2), fit_text(title, WIDTH, _LETTERS), fill=TEXT, font=font(_LETTERS))
    for number, (marker, name, count) in enumerate(rows, 1):
        middle = number * ROW + ROW / 2
        draw_marker(image, marker, 8, middle)
        draw.text((22, middle), fit_text(name, WIDTH - 70, _LETTERS), fill=TEXT, font=font(_LETTERS), anchor="lm")
        draw.text((WIDTH - 12, middle), str(count), fill=TEXT, font=font(_LETTERS), anchor="rm")
    return image
