"""Render the pictures of the documentation from the sample inputs: `python docs/make_pictures.py`, fifteen minutes.

With names behind it (`hero`, `board`, `masks`, `film`, `presets`, `inspect`, `sources`) only those; the name of a page
of docs/sources/, such as `oygard`, renders its pictures alone.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio.v3 as iio
import numpy as np
from PIL import Image

from dreamer import Network, Preset, animate, dream, load_network, load_preset

HERE = Path(__file__).parent
INPUTS = HERE.parent / "inputs"
HEROES = ("guided", "flock")
BOARD = [
    (INPUTS / "dunes.jpg", "deep-dream"),
    (INPUTS / "dunes.jpg", "style"),
    (INPUTS / "sky.jpg", "halo"),
    (INPUTS / "dunes.jpg", "menagerie"),
    (INPUTS / "sky.jpg", "two-worlds"),
    (None, "kernel-study"),
]
COLUMNS, WIDTH, HEIGHT = 3, 400, 266
FILM, SHOWN = "metamorphosis", 8
OVER_DUNES = ("caricature", "classic-deepdream", "deep-dream", "menagerie", "style")  # the other presets over the sky
CARD = (400, 267)  # a preset's picture in the gallery of the documentation

# The tools of docs/inspection.md, each with the command that the page shows; they run in the project's folder.
ATLAS = "atlas --layer maxpool3 --kernels 0-63 -o {folder}/atlas"
TOOLS = {
    "weights": "inspect weights --count 32",
    "activations": "inspect activations inputs/sky.jpg --layer inception3b --layer inception4c --count 8 --overlay",
    "saliency": "inspect saliency inputs/sky.jpg",
    "occlusion": "inspect occlusion inputs/sky.jpg",
    "deconv": "inspect deconv inputs/sky.jpg --layer inception4c",
    "trace": "inspect trace inputs/sky.jpg --layer inception4c",
    "top": "inspect top {folder}/atlas/maxpool3 --layer inception3b --kernel 84 --kernel 207 --kernel 52",
    "embed": "inspect embed {folder}/atlas/maxpool3 --layer inception4c --method tsne --thumbnails",
    "classify": "inspect classify docs/pictures/flock.jpg --before inputs/sky.jpg",
    "fool": "inspect fool inputs/sky.jpg --class panda --method pgd --method pixels --pixels 3",
    "texture": "inspect fool docs/pictures/flock.jpg --texture inputs/dunes.jpg",
    "invert": "inspect invert inputs/dunes.jpg --layer conv3 --layer inception3b --layer inception4c",
    "suggest": "suggest inputs/sky.jpg --count 8",
}
WIDEST = 1200
SOURCES = sorted((HERE / "sources").glob("*.md"))
WIDEST_OF_SOURCES = 800


def main() -> None:
    """Write what is named on the command line, or everything."""
    wanted = sys.argv[1:] or ["hero", "board", "masks", "film", "presets", "inspect", "sources"]
    network = load_network("pocket")
    pictures = HERE / "pictures"
    if "hero" in wanted:
        for preset in HEROES:
            dream(INPUTS / "sky.jpg", preset, size=960, network=network).image().save(
                pictures / f"{preset}.jpg", quality=85
            )
    if "board" in wanted:
        board(network).save(pictures / "board.jpg", quality=85)
    if "masks" in wanted:
        masks(network).save(pictures / "masks.jpg", quality=85)
    if "film" in wanted:
        film_strip(network).save(pictures / f"{FILM}.jpg", quality=85)
    if "presets" in wanted:
        for file in sorted((HERE.parent / "presets").glob("*.toml")):
            card(file.stem, network).save(pictures / "presets" / f"{file.stem}.jpg", quality=80)
    if "inspect" in wanted:
        inspection(pictures)
    for page in SOURCES:
        if page.stem in wanted or "sources" in wanted:
            figures_of_source(page, pictures / "sources")


def board(network: Network) -> Image.Image:
    """Six presets, in rows of three."""
    sheet = Image.new("RGB", (COLUMNS * WIDTH, len(BOARD) // COLUMNS * HEIGHT))
    for place, (photo, preset) in enumerate(BOARD):
        size = 1024 if photo else (768, 512)
        picture = dream(photo, preset, size=size, network=network).image()
        row, column = divmod(place, COLUMNS)
        sheet.paste(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS), (column * WIDTH, row * HEIGHT))
    return sheet


def masks(network: Network) -> Image.Image:
    """The subject of a photo as `dreamer mask` draws it, a dream inside of it, and one around it."""
    sheet = Image.new("RGB", (3 * WIDTH, HEIGHT))
    with TemporaryDirectory() as folder:
        drawing = Path(folder) / "mask.png"
        run(f"mask inputs/sky.jpg --size {WIDTH} -o {drawing}")
        with Image.open(drawing) as image:
            sheet.paste(image.resize((WIDTH, HEIGHT)), (0, 0))
    for place, invert in enumerate(("false", "true"), 1):
        mask = [f"canvas.mask={{ subject = true, invert = {invert} }}"]
        picture = dream(INPUTS / "sky.jpg", "deep-dream", size=800, overrides=mask, network=network).image()
        sheet.paste(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS), (place * WIDTH, 0))
    return sheet


def inspection(pictures: Path) -> None:
    """The sheets of every tool that looks inside."""
    with TemporaryDirectory() as folder:
        run(ATLAS.format(folder=folder))
        for name, line in TOOLS.items():
            made = Path(folder) / f"{name}.png"
            run(f"{line.format(folder=folder)} -o {made}")
            keep(made, pictures / f"inspect-{name}.jpg", WIDEST, 80)


def figures_of_source(page: Path, pictures: Path) -> None:
    """What a source's page shows: a picture NAME.jpg is the outputs/sources/NAME.png of a block of commands there."""
    text = page.read_text(encoding="utf-8")
    shown = set(re.findall(r"\.\./pictures/sources/([\w-]+)\.jpg", text))
    with TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copytree(INPUTS, place / "inputs")
        shutil.copytree(HERE / "pictures", place / "docs" / "pictures")
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            made = shown & set(re.findall(r"outputs/sources/([\w-]+)\.png", block))
            if not made:
                continue
            for line in block.splitlines():
                run(line.removeprefix("dreamer "), place)
            for name in made:
                keep(place / "outputs" / "sources" / f"{name}.png", pictures / f"{name}.jpg", WIDEST_OF_SOURCES, 75)


def keep(made: Path, picture: Path, widest: int, quality: int) -> None:
    """A figure as a JPEG for the pages, no larger than `widest` px."""
    with Image.open(made) as image:
        small = image.convert("RGB")
        small.thumbnail((widest, widest), Image.Resampling.LANCZOS)
        small.save(picture, quality=quality)


def run(line: str, folder: Path = HERE.parent) -> None:
    """Run a command line of dreamer in a folder."""
    subprocess.run([sys.executable, "-m", "dreamer", *shlex.split(line)], cwd=folder, check=True)


def card(name: str, network: Network) -> Image.Image:
    """What a preset makes of a sample input; of a film, four frames."""
    preset = load_preset(name)
    if preset.network.negative_slope:
        network = load_network(preset.network)
    if preset.animation is not None:
        return film_card(name, preset, network)
    photo = INPUTS / ("dunes.jpg" if name in OVER_DUNES else "sky.jpg")
    from_photo = preset.canvas.start == "photo"
    picture = dream(photo if from_photo else None, preset, size=CARD[0] if from_photo else CARD, network=network)
    return picture.image()


def film_card(name: str, preset: Preset, network: Network) -> Image.Image:
    """Four evenly spread frames of a film, in rows of two."""
    sheet, width, height = Image.new("RGB", CARD), CARD[0] // 2, CARD[1] // 2
    with TemporaryDirectory() as folder:
        source: Path | None = INPUTS / "sky.jpg" if preset.canvas.start == "photo" else None
        rate = ["animation.fps=2"]
        if name == "soft-film":
            source, rate = Path(folder) / "clip.mp4", []
            write_clip(source)
        size = 240 if source else (240, 160)
        frames = Path(folder) / "frames"
        film = animate(source, frames, name, size=size, overrides=rate, network=network)
        for place in range(4):
            with Image.open(frames / f"{1 + place * (film.frames - 1) // 3:06d}.png") as image:
                row, column = divmod(place, 2)
                sheet.paste(image.resize((width, height), Image.Resampling.LANCZOS), (column * width, row * height))
    return sheet


def write_clip(path: Path) -> None:
    """A second of film: a pan over the dunes."""
    with Image.open(INPUTS / "dunes.jpg") as image:
        dunes = np.asarray(image.convert("RGB").resize((600, 400)))
    frames = [dunes[60:340, 8 * step : 8 * step + 420] for step in range(12)]
    iio.imwrite(path, np.stack(frames), plugin="FFMPEG", fps=12, macro_block_size=1)


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
