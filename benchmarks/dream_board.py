"""How a network dreams, on one sheet: the board by which the shipped networks were chosen.

    python -m benchmarks.dream_board pocket other.safetensors --photos photos -o boards
    python -m benchmarks.dream_board pocket other.safetensors --side-by-side -o boards

Six canvases by eight layers, 24 portraits of kernels and 12 of classes, always the same ones; side by side, a row of
eight for each network on one sheet.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.dreaming.extent import filled
from dreamer.dreaming.noise import noise_picture
from dreamer.dreaming.randomness import generator_at
from dreamer.inspection.heatmaps import to_image
from dreamer.inspection.portraits import dream_each
from dreamer.networks import Network, load_network
from dreamer.pictures import is_picture_name, read_picture
from dreamer.pictures.names import natural_order
from dreamer.presets import load_preset
from dreamer.presets.model.schema import NetworkChoice, Target

INPUTS = Path(__file__).resolve().parents[1] / "inputs"
SIZE = (192, 256)
LAYERS = (
    "conv3", "inception3a", "inception3b", "inception4a", "inception4c", "inception4d", "inception4e", "inception5a",
)  # fmt: skip
COMPARED = {
    "sky": ("inception4c", "inception5a"),
    "dunes": ("inception4e", "inception5a"),
    "pink noise": ("inception5a",),
}
STUDIED = ("maxpool2", "inception3b", "inception4c", "inception4e")
CLASSES = (
    "beagle", "flamingo", "sunflower", "panda", "butterfly", "church", "leopards", "eagle", "starfish", "accordion",
    "parachute", "rooster",
)  # fmt: skip


def canvases(photos: Path | None) -> list[tuple[str, Tensor]]:
    """Six named canvases, (3, 192, 256) in [0, 1]."""
    own = sorted(filter(is_picture_name, photos.iterdir()), key=natural_order) if photos else []
    paths = [INPUTS / "sky.jpg", INPUTS / "dunes.jpg", *own][:4]
    found = [(path.stem, filled(read_picture(path).pixels.unsqueeze(0), *SIZE)[0]) for path in paths]
    for color in ("pink", "white", "brown", "blue")[: 6 - len(found)]:
        found.append(
            (f"{color} noise", noise_picture(*SIZE, color=color, contrast=0.15, generator=generator_at(color)))
        )
    return found


def draw_side_by_side(names: Sequence[str], folder: Path) -> Path:
    """Draw a row for each network: dreams over two pictures and noise, and three classes."""
    tiles, found = [], dict(canvases(None))
    for name in names:
        network = load_network(name)
        for title, layers in COMPARED.items():
            tiles += layer_dreams(network, f"{Path(name).stem}: {title}", found[title], layers)
        tiles += class_portraits(network, ("beagle", "flamingo", "eagle"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "side-by-side.png"
    contact_sheet(tiles, columns=8, side=200, title="side by side").save(path)
    return path


def layer_dreams(network: Network, title: str, canvas: Tensor, layers: Sequence[str]) -> list[SheetTile]:
    """Dreams of several layers over (3, h, w)."""
    # As every board has been drawn, whatever becomes of the preset.
    preset = load_preset("deep-dream", ["octaves.count=4"])
    targets = [(Target.model_validate({"layer": layer}),) for layer in layers]
    dreams = dream_each(preset, network, canvas.unsqueeze(0), targets)
    return [SheetTile(to_image(picture), f"{title}, {layer}") for layer, picture in zip(layers, dreams, strict=True)]


def draw_board(name: str, photos: Path | None, folder: Path) -> Path:
    """Draw the board of a network, given by name or by the path of its file."""
    network = load_network(name)
    tiles = []
    for title, canvas in canvases(photos):
        tiles += layer_dreams(network, title, canvas, LAYERS)
    tiles += portraits(name, network)
    path = folder / f"{Path(name).stem}.png"
    folder.mkdir(parents=True, exist_ok=True)
    contact_sheet(tiles, columns=len(LAYERS), side=200, title=f"{name}: {network.weights_digest[:12]}").save(path)
    return path


def portraits(name: str, network: Network) -> list[SheetTile]:
    """24 kernels, evenly spread over four layers, and 12 classes."""
    waking = load_network(NetworkChoice(name=name, negative_slope=0.02))
    study = load_preset("kernel-study", ["octaves.output_scale=1", "canvas.size=128"])
    kernels = [(layer, place * network.kernels(layer) // 6) for layer in STUDIED for place in range(6)]
    targets = [(Target.model_validate({"layer": layer, "kernels": k, "measure": "mean"}),) for layer, k in kernels]
    tiles = [
        SheetTile(to_image(picture), f"{layer} {kernel}")
        for (layer, kernel), picture in zip(kernels, dream_each(study, waking, None, targets), strict=True)
    ]
    return tiles + class_portraits(network, CLASSES)


def class_portraits(network: Network, names: Sequence[str]) -> list[SheetTile]:
    """What a network takes for the essence of each class."""
    portrait = load_preset("class-portrait", ["canvas.size=160"])
    targets = [(Target.model_validate({"class": name, "measure": "logit"}),) for name in names]
    dreams = dream_each(portrait, network, None, targets)
    return [SheetTile(to_image(picture), name) for name, picture in zip(names, dreams, strict=True)]


def main() -> None:
    """Draw a board for each network of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", help="names, or paths of trained networks")
    parser.add_argument("--photos", type=Path, help="a folder whose first pictures take the place of some noise")
    parser.add_argument("--side-by-side", action="store_true", help="one sheet with a row for each network")
    parser.add_argument("-o", "--output", type=Path, default=Path("outputs/boards"))
    chosen = parser.parse_args()
    if chosen.side_by_side:
        print(draw_side_by_side(chosen.networks, chosen.output))
        return
    for name in chosen.networks:
        print(draw_board(name, chosen.photos, chosen.output), flush=True)


if __name__ == "__main__":
    main()
