"""Command lines that write, each with what is there before: small enough to be run a thousand times."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from dreamer.networks.pocket import Architecture, PocketNetwork
from dreamer.networks.training.run_state import save_pocket
from dreamer.pictures import write_picture

CLASSES = ("disc", "square")
# Different ones: photos of one size go through the network together, and say so in their recipes.
SIZES = ((40, 48), (40, 40), (48, 40), (36, 40))
STILL = """
network = "tiny.safetensors"
seed = 3
[canvas]
size = 40
[[targets]]
layer = "inception3a"
[octaves]
count = 1
steps = 1
"""
FILM = f"""{STILL}
[animation]
length = "3f"
fps = 5
zoom = 1.2
"""


@dataclass(frozen=True)
class Scenario:
    """A command line in a folder of its own.

    `before`: command lines that are run first, and whose outputs must survive. `rerun`: what completes a run in which
    something failed, where it is not `line` itself. `composed`: patterns of files that show what there is, such as the
    page of a gallery: after a fault they may differ from an undisturbed run's, and must be whole. `passing`: patterns
    of files that are there as long as a run is unfinished, whole as well. `only`: a pattern of the paths whose
    operations are made to fail, where others have had their turn. `once`: whether it refuses to be run again.
    `sampled`: how many trials of files, and of memory, are made where a sample is asked for.
    """

    name: str
    line: str
    before: tuple[str, ...] = ()
    rerun: str = ""
    composed: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    only: str = "*"
    once: bool = False
    sampled: int = 0

    @property
    def arguments(self) -> list[str]:
        return shlex.split(self.line)

    @property
    def again(self) -> list[str]:
        """The arguments that complete a run."""
        return shlex.split(self.rerun or self.line)


_BATCH = "batch photos -p still.toml -o out --device cpu"
_BATCH_MADE = ("*/index.html", "*/journal.jsonl")
_FRAMES = ("*.frames/*",)
_STATE = ("*.frames/state.safetensors",)
_TRAIN = "networks train shapes -o out/mine.safetensors --epochs 2 --batch 16 --side 32 --width 0.05 --device cpu"
_PHOTO = "photos/1.png --network tiny.safetensors --device cpu --size 32"
SCENARIOS = (
    Scenario("render", 'render photos -p still.toml -o "out/{stem}.png" --device cpu', sampled=2,
             before=('render photos/1.png -p still.toml -o "out/{stem}.png" --device cpu',)),
    Scenario("render with the shipped network",
             "render photos/1.png -p still.toml --set network=pocket -o out/1.png --device cpu", only="*/dreamer/*"),
    Scenario("render to JPEG", "render photos/1.png -p still.toml -o out/1.jpg --device cpu", only="*.part"),
    Scenario("render to WebP", "render photos/1.png -p still.toml -o out/1.webp --device cpu", only="*.part"),
    Scenario("render to TIFF", "render photos/1.png -p still.toml -o out/1.tif --device cpu", only="*.part"),
    Scenario("animate", "animate photos/1.png -p film.toml -o out/film.mp4 --report out/report.png --device cpu",
             composed=_STATE, sampled=1),
    Scenario("animate to GIF", "animate photos/1.png -p film.toml -o out/film.gif --device cpu --no-keep-frames",
             passing=_FRAMES, only="*/out*"),
    Scenario("animate to frames", "animate photos/1.png -p film.toml -o out/film --codec frames --device cpu --force",
             before=("animate photos/1.png -p film.toml -o out/film --codec frames --device cpu --seed 1",),
             passing=_FRAMES, composed=_STATE, only="*/out*"),
    Scenario("animate a clip", "animate clip.gif -p film.toml -o out/film.mp4 --device cpu", composed=_STATE,
             only="*clip.gif"),
    Scenario("animate longer", "animate photos/1.png -p film.toml -o out/film.webp --device cpu --length 4f",
             before=("animate photos/1.png -p film.toml -o out/film.webp --device cpu",), composed=_STATE,
             only="*/out*"),
    Scenario("batch", _BATCH, before=(f"{_BATCH} --limit 1",), rerun=f"{_BATCH} --retry-failed", composed=_BATCH_MADE),
    Scenario("batch of films", "batch photos/1.png -p film.toml -o out --device cpu",
             rerun="batch photos/1.png -p film.toml -o out --device cpu --retry-failed",
             composed=(*_BATCH_MADE, *_STATE), only="*/out*"),
    Scenario("batch with workers", f"{_BATCH} --workers 2", before=(f"{_BATCH} --limit 1",),
             rerun=f"{_BATCH} --retry-failed", composed=_BATCH_MADE, only="*/out*"),
    Scenario("again", "again out/1.png -i photos/1.png -o out/again.png --device cpu",
             before=("render photos/1.png -p still.toml -o out/1.png --device cpu",)),
    Scenario("atlas", "atlas --network tiny.safetensors --layer inception3a --kernels 1 -p still.toml --size 40"
             " --set canvas.start=noise -o out --device cpu", composed=("out/*.png", "*/index.html")),
    Scenario("gallery", "gallery out --inputs photos", sampled=6,
             before=('render photos -p still.toml -o "out/{stem}.png" --device cpu',), composed=("*/index.html",)),
    Scenario("sheet", "sheet photos -o out/sheet.png", sampled=6, composed=("out/sheet.png",)),
    Scenario("networks train", _TRAIN, passing=("*.training",)),
    Scenario("networks describe", "networks describe tiny.safetensors shapes --layer inception3a --device cpu"),
    Scenario("presets new", "presets new mine --from still.toml", once=True, sampled=4),
    Scenario("presets schema", "presets schema -o out/schema.json"),
    Scenario("recipe", "recipe out/1.png", before=("render photos/1.png -p still.toml -o out/1.png --device cpu",)),
    Scenario("suggest", "suggest photos/1.png --network tiny.safetensors --count 2 --size 64 --device cpu"
             " --layer inception3a -o out/suggest.png",
             before=("networks describe tiny.safetensors shapes --layer inception3a --device cpu",)),
    Scenario("inspect weights", "inspect weights --network tiny.safetensors --device cpu -o out/w.png --npz out/w.npz"),
    Scenario("inspect saliency", f"inspect saliency {_PHOTO} -o out/s.png --npz out/s.npz", only="*/out*"),
    Scenario("inspect trace", f"inspect trace {_PHOTO} -o out/t.png --mask out/mask.png", only="*/out*"),
    Scenario("inspect top", "inspect top photos --network tiny.safetensors --device cpu --layer inception3a --kernel 1"
             " --size 32 -o out/t.png", composed=("out/t.png",)),
    Scenario("inspect embed", "inspect embed photos --network tiny.safetensors --device cpu --size 32 -o out/e.png"
             " --grid out/grid.png --neighbors out/near.png --npz out/e.npz", composed=("out/*",)),
    Scenario("inspect classify",
             "inspect classify photos/1.png --network tiny.safetensors --device cpu -o out/c.png", only="*/out*"),
)  # fmt: skip


def make_folder(folder: Path) -> None:
    """Photos, a clip, shapes to learn, presets and a small network: what the scenarios are about."""
    generator = torch.Generator().manual_seed(1)
    for number, (height, width) in enumerate(SIZES, 1):
        write_picture(folder / "photos" / f"{number}.png", torch.rand(3, height, width, generator=generator))
    (folder / "still.toml").write_text(STILL, encoding="utf-8")
    (folder / "film.toml").write_text(FILM, encoding="utf-8")
    torch.manual_seed(0)
    network = PocketNetwork(len(CLASSES), Architecture(width=0.05)).eval()
    save_pocket(network, CLASSES, folder / "tiny.safetensors", {})
    frames = [Image.new("RGB", (48, 40), (60 * number, 90, 200)) for number in range(3)]
    frames[0].save(folder / "clip.gif", save_all=True, append_images=frames[1:], duration=200, loop=0)
    for name in CLASSES:
        (folder / "shapes" / name).mkdir(parents=True)
        for number in range(10):
            picture = Image.new("RGB", (36, 36), (100 + number, 110, 120))
            draw, box = ImageDraw.Draw(picture), (4, 4, 18 + number, 18 + number)
            (draw.ellipse if name == "disc" else draw.rectangle)(box, (220, 40 + number, 40))
            picture.save(folder / "shapes" / name / f"{number}.jpg")
