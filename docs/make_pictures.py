"""Render the pictures of the README from the sample inputs: `python docs/make_pictures.py`, about five minutes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from dreamer import Network, animate, dream, load_network

HERE = Path(__file__).parent
INPUTS = HERE.parent / "inputs"
HERO = (INPUTS / "sky.jpg", "flock")
BOARD = [
    (INPUTS / "sky.jpg", "deep-dream"),
    (INPUTS / "dunes.jpg", "style"),
    (INPUTS / "sky.jpg", "halo"),
    (INPUTS / "dunes.jpg", "menagerie"),
    (INPUTS / "dunes.jpg", "two-worlds"),
    (None, "kernel-study"),
]
COLUMNS, WIDTH, HEIGHT = 3, 400, 266
FILM, SHOWN = "metamorphosis", 8


def main() -> None:
    """Write the first picture of the README and the board of presets below it."""
    network = load_network("pocket")
    dream(*HERO, size=960, network=network).image().save(HERE / "pictures" / "flock.jpg", quality=85)
    board = Image.new("RGB", (COLUMNS * WIDTH, len(BOARD) // COLUMNS * HEIGHT))
    for place, (photo, preset) in enumerate(BOARD):
        size = 800 if photo else (768, 512)
        picture = dream(photo, preset, size=size, network=network).image()
        row, column = divmod(place, COLUMNS)
        board.paste(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS), (column * WIDTH, row * HEIGHT))
    board.save(HERE / "pictures" / "board.jpg", quality=85)
    film_strip(network).save(HERE / "pictures" / f"{FILM}.jpg", quality=85)


def film_strip(network: Network) -> Image.Image:
    """Evenly spread frames of a film, in rows of four."""
    width, height = 300, 200
    strip = Image.new("RGB", (4 * width, SHOWN // 4 * height))
    with TemporaryDirectory() as folder:
        frames = Path(folder) / "frames"
        film = animate(INPUTS / "sky.jpg", frames, FILM, size=480, overrides=["animation.fps=12"], network=network)
        for place in range(SHOWN):
            number = 1 + place * (film.frames - 1) // (SHOWN - 1)
            with Image.open(frames / f"{number:06d}.png") as image:
                row, column = divmod(place, 4)
                strip.paste(image.resize((width, height), Image.Resampling.LANCZOS), (column * width, row * height))
    return strip


if __name__ == "__main__":
    main()
