from __future__ import annotations

from PIL import Image

from dreamer.drawing.scatter import HEIGHT, WIDTH, draw_grid, draw_scatter

RED, BLUE = (255, 0, 0), (0, 0, 255)


def test_thumbnails_are_where_their_points_are() -> None:
    images = [Image.new("RGB", (60, 60), color) for color in (RED, BLUE)]
    drawn = draw_scatter(images, [(0, 0), (1, 1)])
    assert drawn.size == (WIDTH, HEIGHT)
    assert drawn.getpixel((40, 40)) == RED and drawn.getpixel((WIDTH - 40, HEIGHT - 40)) == BLUE


def test_many_thumbnails_are_small() -> None:
    image = Image.new("RGB", (60, 60), RED)
    few, many = (draw_scatter([image] * count, [(0, 0)] * count) for count in (1, 2000))
    inked = [sum(count for count, color in drawn.getcolors(1 << 16) or [] if color == RED) for drawn in (few, many)]
    assert inked == [140 * 140, 28 * 28]


def test_a_grid_has_the_middle_of_every_picture_at_its_place() -> None:
    wide = Image.new("RGB", (300, 100), RED)
    wide.paste(BLUE, (100, 0, 200, 100))
    drawn = draw_grid([wide, Image.new("L", (10, 10), 255)], [(0, 1), (1, 0)], side=50)
    assert drawn.size == (100, 100)
    assert drawn.getpixel((52, 2)) == drawn.getpixel((97, 47)) == BLUE
    assert drawn.getpixel((25, 75)) == (255, 255, 255) and drawn.getpixel((25, 25)) == (251, 250, 247)
