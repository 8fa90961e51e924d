from __future__ import annotations

from PIL import Image, ImageChops, ImageColor

from dreamer.drawing.legends import markers
from dreamer.drawing.scatter import HEIGHT, MARGIN, RIGHT, TOP, WIDTH, draw_grid, draw_scatter

RED, BLUE = (255, 0, 0), (0, 0, 255)


def shares(drawn: Image.Image, color: tuple[int, int, int]) -> int:
    return sum(count for count, found in drawn.getcolors(1 << 16) or [] if found == color)


def test_thumbnails_are_where_their_points_are() -> None:
    images = [Image.new("RGB", (60, 60), color) for color in (RED, BLUE)]
    drawn = draw_scatter([(0, 0), (1, 1)], ["a", "b"], images=images)
    assert drawn.size == (WIDTH, HEIGHT)
    assert drawn.getpixel((40, TOP + 40)) == RED and drawn.getpixel((RIGHT - 40, HEIGHT - 40)) == BLUE


def test_many_thumbnails_are_small() -> None:
    image = Image.new("RGB", (60, 60), RED)
    few, many = (draw_scatter([(0, 0)] * count, ["a"] * count, images=[image] * count) for count in (1, 2000))
    assert [shares(drawn, RED) for drawn in (few, many)] == [134 * 134, 22 * 22]


def test_points_have_the_colors_of_their_groups_and_of_the_legend() -> None:
    points, groups = [(0, 0), (1, 1), (0.5, 0.5)], ["a", "b", "b"]
    drawn = draw_scatter(points, groups, title="a title", legend_title="folder")
    colors = {name: ImageColor.getrgb(marker.color) for name, marker in markers(groups).items()}
    assert drawn.getpixel((MARGIN + 7, TOP + 7)) == colors["a"]
    assert drawn.getpixel((RIGHT - 7, HEIGHT - MARGIN - 7)) == colors["b"]
    only = drawn.crop((RIGHT, 0, WIDTH, HEIGHT))
    assert shares(only, colors["a"]) > 50 and shares(only, colors["b"]) > 50


def test_named_points_have_a_frame_and_stay_in_the_picture() -> None:
    plain, named = (draw_scatter([(1, 0.5)], ["a"], named=names) for names in ({}, {0: "query.jpg"}))
    box = ImageChops.difference(plain, named).getbbox()
    assert box is not None and box[2] <= RIGHT + 8 and box[2] - box[0] > 60


def test_a_grid_has_the_middle_of_every_picture_at_its_place() -> None:
    wide = Image.new("RGB", (300, 100), RED)
    wide.paste(BLUE, (100, 0, 200, 100))
    drawn = draw_grid([wide, Image.new("L", (10, 10), 255)], [(0, 1), (1, 0)], side=50)
    assert drawn.size == (100, 100)
    assert drawn.getpixel((52, 2)) == drawn.getpixel((97, 47)) == BLUE
    assert drawn.getpixel((25, 75)) == (255, 255, 255) and drawn.getpixel((25, 25)) == (251, 250, 247)
